//! A list that grows and never moves its elements, so that they can be shared without a lock.

use std::sync::OnceLock;

/// The number of elements of the first page. Each page is twice as large as the one before.
const FIRST_PAGE: u32 = 64;

/// Enough for all indexes of 32 bits.
const PAGES: usize = 27;

/// Elements by index. A page is allocated when one of its elements is first used.
#[derive(Debug)]
pub(crate) struct Pages<T> {
    pages: [OnceLock<Box<[T]>>; PAGES],
}

impl<T: Default> Pages<T> {
    pub(crate) const fn new() -> Self {
        Self {
            pages: [const { OnceLock::new() }; PAGES],
        }
    }

    /// Returns an element; `None` if its page does not exist.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        let (page, place) = place_of(index);
        self.pages.get(page)?.get()?.get(place)
    }

    /// Returns an element, and makes its page if it does not exist. `None` only for an index
    /// that no page has.
    pub(crate) fn get_or_make(&self, index: u32) -> Option<&T> {
        let (page, place) = place_of(index);
        let page_size = (FIRST_PAGE as usize) << page;
        let elements = self.pages.get(page)?;
        elements
            .get_or_init(|| (0..page_size).map(|_| T::default()).collect())
            .get(place)
    }
}

/// Returns the page of an index, and the place in that page.
#[inline]
fn place_of(index: u32) -> (usize, usize) {
    // Pages begin at 0, 64, 192, 448, ..: with `FIRST_PAGE` added, at powers of two.
    let shifted = u64::from(index) + u64::from(FIRST_PAGE);
    let page = shifted.ilog2() - FIRST_PAGE.ilog2();
    let begin = u64::from(FIRST_PAGE) << page;
    (page as usize, (shifted - begin) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_has_its_own_place() {
        let places: Vec<(usize, usize)> = (0..1_000).map(place_of).collect();
        let mut expected = (0..).flat_map(|page| (0..64 << page).map(move |place| (page, place)));
        assert!(places.iter().all(|place| Some(*place) == expected.next()));
        assert_eq!(place_of(u32::MAX).0, PAGES - 1);
    }

    #[test]
    fn an_element_is_there_once_its_page_is() {
        let pages: Pages<u8> = Pages::new();
        assert_eq!(pages.get(70), None);
        assert_eq!(pages.get_or_make(70), Some(&0));
        assert_eq!(pages.get(190), Some(&0));
        assert_eq!(pages.get(3), None);
    }
}
