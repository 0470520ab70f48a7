//! Pseudorandom numbers that are the same in every run.

/// SplitMix64, after Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Returns a number from 0 up to but not including `end`.
    pub(crate) const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Returns `true` with a probability of `percent` percent.
    pub(crate) const fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }

    /// Returns a number that is not zero.
    pub(crate) const fn id64(&mut self) -> u64 {
        self.next() | 1
    }

    /// Returns a number that is not zero, with random low bits.
    pub(crate) fn id128(&mut self) -> u128 {
        u128::from(self.id64()) << 64 | u128::from(self.next())
    }

    /// Returns a text of `least` to `most` characters from the given ones.
    pub(crate) fn text(&mut self, characters: &str, least: usize, most: usize) -> String {
        let characters: Vec<char> = characters.chars().collect();
        let length = least + self.below(most - least + 1);
        (0..length)
            .map(|_| characters[self.below(characters.len())])
            .collect()
    }
}
