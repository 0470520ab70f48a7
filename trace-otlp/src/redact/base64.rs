//! Recognizes base64 of credentials: a name, a colon and a password.

use crate::base64_digit::base64_digit;

/// Returns whether the decoded bytes are printable and contain a colon. The end of the text
/// may be cut off.
pub(super) fn is_of_credentials(text: &[u8]) -> bool {
    let (mut bits, mut count, mut has_colon) = (0_u32, 0, false);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let Some(digit) = base64_digit(*byte) else {
            return false;
        };
        bits = (bits << 6 | u32::from(digit)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            let decoded = bits >> count & 0xff;
            has_colon |= decoded == u32::from(b':');
            if decoded < 0x20 || decoded == 0x7f {
                return false;
            }
        }
    }
    has_colon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_have_a_colon() {
        for text in ["YTpi", "dXNlcjpwYXNz", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="] {
            assert!(is_of_credentials(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "=",
            "auth",
            "authentication",
            "realm",
            "training",
            "a b",
        ] {
            assert!(!is_of_credentials(text.as_bytes()), "{text}");
        }
    }
}
