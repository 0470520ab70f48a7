//! Tables of texts with and without secrets.

use trace_core::redaction::Redactor;

use super::Redaction;

/// Checks the redaction of each text, and that redacting the result changes nothing.
#[track_caller]
fn check<'a>(redaction: &Redaction, table: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let redact = |text: &str| {
        redaction
            .redact_text(text)
            .unwrap_or_else(|| text.to_owned())
    };
    let wrong: Vec<String> = table
        .into_iter()
        .filter_map(|(text, expected)| {
            let once = redact(text);
            let twice = redact(&once);
            let is_right = once == expected && twice == once;
            (!is_right).then(|| format!("{text}\n  is {once}\n  not {expected}\n  again {twice}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn names_with_values() {
    check(
        &Redaction::standard(),
        [
            ("password=hunter2", "password=REDACTED"),
            (
                "password = hunter2, user=ann",
                "password = REDACTED, user=ann",
            ),
            (
                "user=ann password=hunter2 host=db",
                "user=ann password=REDACTED host=db",
            ),
            (
                "Server=db;Pwd=hunter2;Timeout=3",
                "Server=db;Pwd=REDACTED;Timeout=3",
            ),
            ("DB_PASSWORD: hunter2", "DB_PASSWORD: REDACTED"),
            ("dbPassword:hunter2", "dbPassword:REDACTED"),
            ("db.password.value=x1", "db.password.value=REDACTED"),
            (
                "AccountName=a;AccessKey=a/b+c==;b=1",
                "AccountName=a;AccessKey=REDACTED;b=1",
            ),
            ("password: \"a b\"", "password: \"REDACTED\""),
            ("password='a\\'b' x", "password='REDACTED' x"),
            (
                r#"{"password":"a b","user":"ann"}"#,
                r#"{"password":"REDACTED","user":"ann"}"#,
            ),
            (
                r#"{"password" : "a\"b", "n": 1}"#,
                r#"{"password" : "REDACTED", "n": 1}"#,
            ),
            (
                r#"{"body":"{\"password\":\"a b\",\"user\":\"ann\"}"}"#,
                r#"{"body":"{\"password\":\"REDACTED\",\"user\":\"ann\"}"}"#,
            ),
            (
                r#""{\\\"token\\\": \\\"a b\\\", \\\"n\\\": 1}""#,
                r#""{\\\"token\\\": \\\"REDACTED\\\", \\\"n\\\": 1}""#,
            ),
            (
                r#"{"pin":1,"password":12345}"#,
                r#"{"pin":1,"password":REDACTED}"#,
            ),
            (
                r#"{"password":null,"a":true}"#,
                r#"{"password":null,"a":true}"#,
            ),
            (
                r#"{"cookies":["a=1","b=2"],"n":1}"#,
                r#"{"cookies":[REDACTED],"n":1}"#,
            ),
            (
                r#"{"credentials":{"user":"ann","key":{"a":1}},"n":1}"#,
                r#"{"credentials":{REDACTED},"n":1}"#,
            ),
            (r#"{"password":"cut of"#, r#"{"password":"REDACTED"#),
            (
                r#"Login { user: "ann", password: "a b" }"#,
                r#"Login { user: "ann", password: "REDACTED" }"#,
            ),
            (
                r#"password: Some("a b"), n: 1"#,
                r#"password: Some(REDACTED), n: 1"#,
            ),
            (
                "token: Secret { inner: \"a1\" }, n",
                "token: Secret {REDACTED}, n",
            ),
            ("secret=>'abc'", "secret=>'REDACTED'"),
            (
                "--password hunter2 --user ann",
                "--password REDACTED --user ann",
            ),
            (
                "--password=hunter2 --user=ann",
                "--password=REDACTED --user=ann",
            ),
            ("--api-key 'a b' x", "--api-key 'REDACTED' x"),
            ("API key: abc123", "API key: REDACTED"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=REDACTED psql"),
            ("clientsecret=hunter2", "clientsecret=REDACTED"),
            ("invalid token: abc123def", "invalid token: REDACTED"),
            (r"a\npassword=abc\nb", r"a\npassword=REDACTED\nb"),
            (
                r"x=1\u0026token=abc\u0026y=2",
                r"x=1\u0026token=REDACTED\u0026y=2",
            ),
            (
                "passwörter=1 password=größe x",
                "passwörter=1 password=REDACTED x",
            ),
        ],
    );
}

#[test]
fn headers() {
    check(
        &Redaction::standard(),
        [
            ("Authorization: Bearer abc.def-1", "Authorization: REDACTED"),
            (
                "authorization: Digest username=\"a\", x\nhost: b",
                "authorization: REDACTED\nhost: b",
            ),
            ("Cookie: a=1; b=2\r\nHost: c", "Cookie: REDACTED\r\nHost: c"),
            ("Set-Cookie: sid=1; Path=/", "Set-Cookie: REDACTED"),
            (
                "curl -H 'Authorization: Basic YTpi' -H \"Cookie: a=1\" http://a",
                "curl -H 'Authorization: REDACTED' -H \"Cookie: REDACTED\" http://a",
            ),
            (
                r#"["Cookie: a=1; b=2", "Host: c"]"#,
                r#"["Cookie: REDACTED", "Host: c"]"#,
            ),
            (
                r#"{"authorization": "Bearer abc"}"#,
                r#"{"authorization": "REDACTED"}"#,
            ),
            ("authorization=Bearer abc x", "authorization=REDACTED x"),
            ("sent Bearer abc.def1 to", "sent Bearer REDACTED to"),
            ("sent bearer mF_9.B5f-4.1JqM.", "sent bearer REDACTED."),
            (
                "with Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== and",
                "with Basic REDACTED and",
            ),
        ],
    );
}

#[test]
fn addresses() {
    check(
        &Redaction::standard(),
        [
            ("https://ann:pw@shop/a", "https://REDACTED:REDACTED@shop/a"),
            (
                "GET https://token@shop/a failed",
                "GET https://REDACTED@shop/a failed",
            ),
            (
                "postgres://ann:p@ss@db:5432/x",
                "postgres://REDACTED:REDACTED@db:5432/x",
            ),
            (
                "postgres://ann:pa/ss@db/x",
                "postgres://REDACTED:REDACTED@db/x",
            ),
            (
                "(redis://:pw@cache:6379)",
                "(redis://REDACTED:REDACTED@cache:6379)",
            ),
            (
                "https://shop/a?token=abc&page=2#x",
                "https://shop/a?token=REDACTED&page=2#x",
            ),
            (
                "/a?page=2&X-Amz-Signature=a&sig=b",
                "/a?page=2&X-Amz-Signature=REDACTED&sig=REDACTED",
            ),
            (
                "/a?X%2DAmz-Signature=x=y&%73ig=b",
                "/a?X%2DAmz-Signature=REDACTED&%73ig=REDACTED",
            ),
            ("/a?p%61ssword=abc", "/a?p%61ssword=REDACTED"),
            ("sig=abc&q=1", "sig=REDACTED&q=1"),
            (
                "/login?next=https%3A%2F%2Fa%2F%3Ftoken%3Dabc%26page%3D2",
                "/login?next=https%3A%2F%2Fa%2F%3Ftoken%3DREDACTED%26page%3D2",
            ),
        ],
    );
}

#[test]
fn tokens() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    // The tokens are put together here, so that no secret scanner reports this file as a leak.
    let tokens = [
        jwt.to_owned(),
        ["AK", "IAIOSFODNN7EXAMPLE"].concat(),
        ["AS", "IAIOSFODNN7EXAMPLE"].concat(),
        ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat(),
        ["github", "_pat_11ABCDEFG0abcdefghij_klmnopqrstuvwxyz"].concat(),
        ["gl", "pat-abcdefghij0123456789"].concat(),
        ["xo", "xb-123456789012-abcdefghijkl"].concat(),
        ["sk", "_live_4eC39HqLyjWDarjtT1zdp7dc"].concat(),
        ["AI", "zaSyA1234567890abcdefghijklmnopqrstuv"].concat(),
        ["ya", "29.a0AfH6SMBabcdefghij1234567890"].concat(),
        ["npm", "_abcdefghijklmnopqrstuvwxyz0123456789"].concat(),
        ["SG", ".abcdefghijklmnop.abcdefghijklmnopqrstuvwxyz"].concat(),
        ["hv", "s.CAESIJabcdefghijklmnop"].concat(),
        ["sk-", "proj-abcdefghijklmnopqrstuvwx"].concat(),
    ];
    for token in &tokens {
        for (before, behind) in [
            ("", ""),
            ("for ", " in"),
            ("(", ")"),
            ("/a/", "/b"),
            ("a=", ""),
        ] {
            let text = [before, token, behind].concat();
            let expected = [before, "REDACTED", behind].concat();
            check(&Redaction::standard(), [(&*text, &*expected)]);
        }
    }
    check(
        &Redaction::standard().prefix("acme_").unwrap(),
        [
            ("key acme_7f3, no", "key REDACTED, no"),
            ("ACME_x", "ACME_x"),
        ],
    );
}

#[test]
fn other_secrets() {
    check(
        &Redaction::standard(),
        [
            (
                "-----BEGIN PRIVATE KEY-----\nMIIE\nabc=\n-----END PRIVATE KEY-----\nx",
                "-----BEGIN PRIVATE KEY-----REDACTED-----END PRIVATE KEY-----\nx",
            ),
            (
                r#"{"pem":"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"#,
                r#"{"pem":"-----BEGIN RSA PRIVATE KEY-----REDACTED"#,
            ),
            (
                "card 4111 1111 1111 1111 declined",
                "card REDACTED declined",
            ),
            ("card 4111-1111-1111-1111.", "card REDACTED."),
            ("pan_4111111111111111", "pan_REDACTED"),
            ("/cards/5555555555554444/pay", "/cards/REDACTED/pay"),
            ("amex:378282246310005", "amex:REDACTED"),
        ],
    );
}

#[test]
fn what_is_asked_for() {
    let redaction = Redaction::standard().emails().addresses().key("iban");
    check(
        &redaction,
        [
            ("mail ann+shop@mail.example.", "mail REDACTED."),
            ("git@github.com:a/b", "REDACTED:a/b"),
            ("from 10.1.2.3:80 to 1.2.3", "from REDACTED:80 to 1.2.3"),
            ("at 2001:db8::1, ::1.", "at REDACTED, REDACTED."),
            (
                "iban=DE1, customerIban: DE2",
                "iban=REDACTED, customerIban: REDACTED",
            ),
            ("a::b 12:30:15", "a::b 12:30:15"),
        ],
    );
    let texts = ["mail ann+shop@mail.example", "from 10.1.2.3:80", "iban=DE1"];
    check(&Redaction::standard(), texts.map(|text| (text, text)));
}

#[test]
fn hashes_stay_and_are_equal() {
    let redaction = Redaction::standard().hash_keys(["customer.id"]);
    let once = redaction
        .redact_text("customer_id=ann, customerId=ann")
        .unwrap();
    let (first, second) = once.split_once(", ").unwrap();
    let hash = |text: &str| text.split_once('=').unwrap().1.to_owned();
    assert_eq!(hash(first), hash(second));
    assert!(hash(first).starts_with("hash:"), "{once}");
    assert_eq!(redaction.redact_text(&once), None);
}

#[test]
fn innocent_texts_stay() {
    let texts = [
        "",
        "GET /orders/{id}",
        "card declined",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "tokens=12",
        "input_tokens=12, output_tokens: 7",
        "token_count=12",
        "tokenType: Bearer",
        "cookie_policy=strict",
        "author=ann, authority: shop.example",
        "password policy: at least 8",
        "no password given",
        "the secret: ",
        "secret_name=db-1",
        "unexpected token: `}`",
        "invalid token: identifier",
        "order 4111111111111112",
        "order 1234567890123456",
        "1700000000000000000",
        "0.4111111111111111",
        "bearer authentication is required",
        "Basic authentication",
        "a basic example",
        "http://shop.example:8080/a?page=2",
        "https://shop.example/@ann",
        "postgres://db:5432/orders",
        "auth::Token::new: failed",
        "SELECT * FROM orders WHERE id = $1",
        "git@github.com:a/b",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "task-manager-service-of-the-shop-in-europe",
        "eyJ",
        "12:30:15.123456789",
        "100 %",
        "größe=1",
        "[redacted]",
        "k8s.pod.name=shop-6d4cf56db6-abcde",
        "monkey=1",
        "key=1",
        "REDACTED",
    ];
    check(&Redaction::standard(), texts.map(|text| (text, text)));
}

/// The docs of `Redaction` say so of each.
#[test]
fn what_is_not_found() {
    let texts = [
        "note hunter2",
        "token: hunter",
        "auth token: hunterab",
        "pass=hunter2",
        r#"{"pass\u0077ord":"hunter2"}"#,
        "curl -u ann:hunter2",
        "ann:hunter2@shop",
    ];
    check(&Redaction::standard(), texts.map(|text| (text, text)));
    check(
        &Redaction::standard(),
        [("password=hunter 2", "password=REDACTED 2")],
    );
}

#[test]
fn long_texts_take_linear_time() {
    // These texts would take minutes if the scanner read to the end after each piece.
    let pieces = [
        "a",
        "a.",
        "_",
        "eyJa.",
        "_eyJaaaaaaaaaa",
        "hf_",
        "://",
        "a://b:",
        "@",
        "=",
        ":",
        "::",
        "token=",
        "token=\"",
        "token=(",
        "cookie:",
        "\\",
        "\"",
        "%3D",
        "%",
        "?",
        "4 ",
        "4111-",
        "-----BEGIN",
        "-----BEGIN PRIVATE KEY",
        "--token ",
        "bearer ",
        "basic ",
        "password ",
        "é",
        "token:  ",
        "a@b",
        "\\u0026",
        "token%3D",
        "?token%3D",
        "[",
        "Some(",
    ];
    let redaction = Redaction::standard().emails().addresses();
    for piece in pieces {
        for end in ["", "x", "\"", "@"] {
            let text = [&piece.repeat(100_000 / piece.len()), end].concat();
            let once = redaction.redact_text(&text).unwrap_or(text);
            assert!(redaction.redact_text(&once).is_none(), "{piece} {end}");
        }
    }
}

/// Pieces from which random texts are made; `fuzz/fuzz_targets/redact.rs` does the same.
const PIECES: [&str; 54] = [
    "password",
    "token",
    "cookie",
    "authorization",
    "api",
    "key",
    "name",
    "count",
    "bearer",
    "basic",
    "YTpi",
    "eyJhbGciOiJIUzI1",
    "AKIA0123456789ABCDEF",
    "sk-",
    "4111111111111111",
    "4111",
    "1111",
    "-----BEGIN",
    " PRIVATE KEY-----",
    "-----END",
    "://",
    "@",
    "user",
    "host",
    "=",
    ":",
    "\"",
    "'",
    "\\",
    "\\u0026",
    "\\n",
    "%3D",
    "%26",
    "%3F",
    "%61",
    "?",
    "&",
    ";",
    ",",
    " ",
    "\n",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    "_",
    "--",
    "é",
    "REDACTED",
    "::1",
    "10.0.0.1",
];

#[test]
fn random_texts_are_redacted_once() {
    let redactions = [
        Redaction::standard(),
        Redaction::standard().emails().addresses(),
        Redaction::standard()
            .key("name")
            .hash_keys(["user"])
            .keep("token"),
    ];
    // Xorshift, with a fixed seed. Source: Marsaglia, *Xorshift RNGs*.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap()
    };
    for _ in 0..20_000 {
        let length = 1 + below(14);
        let text: String = (0..length).map(|_| PIECES[below(PIECES.len())]).collect();
        for redaction in &redactions {
            // The filter must let through every text in which the scanner finds something.
            let is_found = redaction.scan(&text).is_some();
            assert_eq!(redaction.redact_text(&text).is_some(), is_found, "{text:?}");
            if let Some(once) = redaction.redact_text(&text) {
                let twice = redaction.redact_text(&once);
                assert_eq!(twice, None, "redacted again: {once:?} of {text:?}");
            }
        }
    }
}
