//! `baggage` of many members, and of bad ones.

use trace_core::Baggage;
use trace_core::propagation::extract;

fn problems(found: &trace_core::propagation::Extracted) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_number_of_problems_is_bounded_and_the_rest_is_said() {
    let found = extract(&[("baggage", "bad,".repeat(100_000))]);
    assert_eq!(found.problems.len(), 65);
    assert_eq!(
        problems(&found)[64],
        "`baggage` has 99936 more members that are left out; expected up to 64 `key=value`"
    );
    let found = extract(&[("baggage", "x".repeat(1_000_000))]);
    assert!(problems(&found)[0].len() < 400);
}

#[test]
fn a_bad_member_takes_no_place() {
    let good: Vec<String> = (0..64).map(|number| format!("key{number}=1")).collect();
    let header = format!("{},{}", "bad,".repeat(1_000), good.join(",bad,"));
    let found = extract(&[("baggage", header)]);
    assert_eq!(found.baggage.len(), 64);
    assert_eq!(found.baggage.get("key63"), Some("1"));
    assert_eq!(found.problems.len(), 65);
}

#[test]
fn what_cannot_be_written_again_is_left_out_alone() {
    // Bytes that are no UTF-8 become a character of nine bytes.
    let grown = format!("a={},b=2", "%FF".repeat(1_000));
    let (found, errors) = Baggage::from_header(&grown);
    assert_eq!(found.to_header(), "b=2");
    assert_eq!(
        errors[0].to_string(),
        "member 1 of `baggage`: baggage needs a header of 9002 bytes; expected up to 8192"
    );

    let many: Vec<String> = (0..70).map(|number| format!("key{number}=1")).collect();
    let (found, errors) = Baggage::from_header(&many.join(","));
    assert_eq!((found.len(), errors.len()), (64, 6));
    assert_eq!(
        errors[5].to_string(),
        "member 70 of `baggage`: baggage has 64 entries; expected up to 64"
    );
}

/// The length that is kept is that of the text, whatever is added, changed and removed.
#[test]
fn the_limit_holds_through_changes() {
    let mut random = crate::random::Random::new(3);
    let mut baggage = Baggage::new();
    for _ in 0..500 {
        let key = random.text("abcdef", 1, 2);
        if random.chance(20) {
            baggage.remove(&key);
            continue;
        }
        let value = random.text("a%é", 0, 400);
        let before = baggage.clone();
        let is_new = baggage.get(&key).is_none();
        let inserted = baggage.insert_with_metadata(&key, &value, ["", "p=1;q"][random.below(2)]);
        if inserted.is_err() {
            assert_eq!(baggage, before);
            // It would have been too long, or one too many.
            let encoded: usize = value
                .chars()
                .map(|c| if c == 'a' { 1 } else { c.len_utf8() * 3 })
                .sum();
            let others = before.to_header().len();
            let is_full = is_new && before.len() == Baggage::MAX_ENTRIES;
            assert!(is_full || others + encoded + 16 > Baggage::MAX_HEADER_BYTES);
        }
        assert!(baggage.to_header().len() <= Baggage::MAX_HEADER_BYTES);
        let (again, errors) = Baggage::from_header(&baggage.to_header());
        assert_eq!((again, errors), (baggage.clone(), Vec::new()));
    }
    assert!(baggage.to_header().len() > Baggage::MAX_HEADER_BYTES / 2);
}
