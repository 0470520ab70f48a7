//! Quickly rules out texts without secrets.
//!
//! Nearly all texts have no secrets. The filter looks for sequences of four bytes that are in
//! the texts that the scanner replaces, or at their beginning. It may find too much, but never
//! too little: whatever the scanner looks for needs an entry in [`SEQUENCES`].

/// Number of sets of sequences: a 64-bit word has sixteen bits for each of four places.
const BUCKETS: usize = 16;

/// Sequences with their buckets. Every secret contains one of them. Each place lists the bytes
/// that match; a dot matches any byte. Sequences of a bucket should begin with the same number
/// of dots, because the bytes of a place match for all sequences of its bucket.
const SEQUENCES: [(usize, [&[u8]; 4]); 40] = [
    // User information in addresses, and e-mail addresses.
    (0, [b".", b".", b".", b"@"]),
    // Percent-encoded letters, which may belong to a name.
    (1, [b".", b".", b"%", b"4567"]),
    // Names of secrets, in upper or lower case; see `trace_core::redaction`.
    (2, [b".", b"pP", b"wW", b"dD"]),
    (2, [b".", b"jJ", b"wW", b"tT"]),
    (3, [b".", b"kK", b"eE", b"yY"]),
    (3, [b".", b"cC", b"vV", b"vVcC"]),
    (4, [b".", b"sS", b"iI", b"dDgG"]),
    (6, [b"pP", b"aA", b"sS", b"sS"]),
    (6, [b"sS", b"eE", b"sS", b"sS"]),
    (7, [b"sS", b"eE", b"cC", b"rR"]),
    (7, [b"bB", b"eE", b"aA", b"rR"]),
    (8, [b"tT", b"oO", b"kK", b"eE"]),
    (8, [b"cC", b"oO", b"oO", b"kK"]),
    (9, [b"aA", b"uU", b"tT", b"hH"]),
    (10, [b"cC", b"rR", b"eE", b"dD"]),
    // `Basic`, and private keys.
    (11, [b"aA", b"sS", b"iI", b"cC"]),
    (12, [b"B", b"E", b"G", b"I"]),
    // Tokens; see `tokens`.
    (5, [b".", b"s", b"k", b"-"]),
    (5, [b".", b"h", b"f", b"_"]),
    (4, [b".", b"e", b"y", b"J"]),
    (2, [b".", b"S", b"G", b"."]),
    (13, [b"g", b"h", b"opusr", b"_"]),
    (13, [b"sr", b"k", b"_", b"lt"]),
    (13, [b"n", b"p", b"m", b"_"]),
    (14, [b"_", b"p", b"a", b"t"]),
    (14, [b"s", b"h", b"p", b"a"]),
    (14, [b"g", b"l", b"ps", b"a"]),
    (14, [b"y", b"a", b"2", b"9"]),
    (15, [b"x", b"o", b"x", b"abceoprs"]),
    (15, [b"x", b"a", b"p", b"p"]),
    (15, [b"p", b"y", b"p", b"i"]),
    (15, [b"d", b"o", b"p", b"_"]),
    (12, [b"A", b"KS", b"I", b"A"]),
    (12, [b"A", b"I", b"z", b"a"]),
    (12, [b"G", b"O", b"C", b"S"]),
    (10, [b"w", b"h", b"s", b"e"]),
    (9, [b"h", b"v", b"s", b"."]),
    (9, [b"l", b"i", b"n", b"_"]),
    (9, [b"d", b"c", b"k", b"r"]),
    (12, [b"A", b"G", b"E", b"-"]),
];

/// The buckets of added sequences, by the number of their leading dots.
const FURTHER: [std::ops::Range<usize>; 4] = [6..16, 2..6, 1..2, 0..1];

/// Fewest digits of a card number.
const CARD_DIGITS: usize = 13;

/// A filter for the built-in sequences and those that were added.
#[derive(Clone)]
pub(super) struct Filter {
    /// For each byte, one bit for each place and bucket. The bit is zero if a sequence of the
    /// bucket may have the byte at this place.
    table: Box<[u64; 256]>,
    /// The state before the first byte. Leading dots of sequences have already matched.
    start: u64,
    /// How many sequences were added.
    further: usize,
    /// Whether to let every text through.
    is_open: bool,
}

impl Filter {
    pub(super) fn new() -> Self {
        let mut filter = Self {
            table: Box::new([u64::MAX; 256]),
            start: u64::MAX,
            further: 0,
            is_open: false,
        };
        for (bucket, sequence) in &SEQUENCES {
            filter.add(*bucket, sequence);
        }
        filter
    }

    /// Adds a sequence of four groups of bytes to a bucket.
    fn add(&mut self, bucket: usize, sequence: &[&[u8]]) {
        let mut has_begun = false;
        for (place, group) in sequence.iter().enumerate() {
            let bit = 1 << (place * BUCKETS + bucket);
            // Only leading dots match any byte. The last dot of `SG.` matches a dot.
            has_begun |= *group != b".";
            if !has_begun {
                self.start &= !bit;
            }
            for (byte, bits) in self.table.iter_mut().enumerate() {
                if !has_begun || group.iter().any(|one| usize::from(*one) == byte) {
                    *bits &= !bit;
                }
            }
        }
    }

    /// Adds the beginning of a text, in upper and lower case.
    pub(super) fn add_text(&mut self, text: &str) {
        let cases = |byte: &u8| [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
        let groups: Vec<[u8; 2]> = text.bytes().take(4).map(|byte| cases(&byte)).collect();
        let any: &[u8] = b".";
        let missing = std::iter::repeat_n(any, 4_usize.saturating_sub(groups.len()));
        let dots = 4 - groups.len();
        let sequence: Vec<&[u8]> = missing
            .chain(groups.iter().map(|group| &group[..]))
            .collect();
        let buckets = FURTHER.get(dots).cloned().unwrap_or(0..1);
        self.add(buckets.start + self.further % buckets.len(), &sequence);
        self.further += 1;
    }

    /// Lets every text through.
    pub(super) fn open(&mut self) {
        self.is_open = true;
    }

    /// Returns false if the text has no secret.
    #[inline]
    pub(super) fn lets_through(&self, text: &[u8]) -> bool {
        const FULL: u64 = 0xffff << (3 * BUCKETS);
        // A zero bit means that the sequence has matched so far.
        let (mut state, mut seen) = (self.start, u64::MAX);
        for byte in text {
            // Nothing needs to match before the first place, so zeros are shifted in.
            state = state << BUCKETS | self.table[usize::from(*byte)];
            seen &= state;
        }
        if seen & FULL != FULL || self.is_open {
            return true;
        }
        text.len() >= CARD_DIGITS && has_digits(text)
    }
}

/// Returns whether enough digits for a card number follow each other, possibly with spaces and
/// dashes between them.
fn has_digits(text: &[u8]) -> bool {
    // Most texts have few digits. Chunks whose count fits into a byte let the compiler check
    // sixteen bytes at once.
    let digits = |chunk: &[u8]| -> u8 {
        let digits = chunk.iter().map(|byte| u8::from(byte.is_ascii_digit()));
        digits.sum()
    };
    let count: usize = text
        .chunks(128)
        .map(|chunk| usize::from(digits(chunk)))
        .sum();
    if count < CARD_DIGITS {
        return false;
    }
    let mut digits = 0;
    text.iter().any(|byte| {
        digits = match byte {
            b'0'..=b'9' => digits + 1,
            b' ' | b'-' => digits,
            _ => 0,
        };
        digits >= CARD_DIGITS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_do_not_get_through() {
        let filter = Filter::new();
        for text in [
            "",
            "GET",
            "/orders/7",
            "card declined",
            "shop.example:8080",
            "1.2.3",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            "asking the bank",
            "no route to host",
            "SELECT * FROM orders WHERE id = $1",
        ] {
            assert!(!filter.lets_through(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn added_texts_get_through() {
        let mut filter = Filter::new();
        assert!(!filter.lets_through(b"an IBAN DE1"));
        filter.add_text("iban");
        filter.add_text("zz");
        assert!(filter.lets_through(b"an IBAN DE1"));
        assert!(filter.lets_through(b"zz"));
        assert!(filter.lets_through(b"azz"));
    }
}
