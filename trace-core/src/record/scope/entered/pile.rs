//! A stack whose first places need no allocation.
//!
//! Items are filled in place. A place that is not in use is *vacant*: what it holds has
//! nothing to drop. So a root, which enters one scope, writes a few words and allocates
//! nothing.
//!
//! Two invariants: item `at` is in `near` if `at < NEAR`, else in `far`; and `far` has no
//! vacant places, so it is empty while there are at most `NEAR` items.

/// An item that may be on a pile in an empty state, in which it owns nothing.
///
/// The owner of a pile empties an item before it removes it. A place that is counted out is
/// overwritten later without being dropped, and in `far` it is dropped while the thread's
/// stack is borrowed.
pub(super) trait Vacant {
    const VACANT: Self;
}

/// A stack whose first places are in the pile itself.
#[derive(Debug)]
pub(super) struct Pile<T> {
    depth: usize,
    near: [T; NEAR],
    far: Vec<T>,
}

/// Places that need no allocation. Few threads are in more than four scopes at once.
const NEAR: usize = 4;

impl<T: Vacant> Pile<T> {
    /// An empty one.
    pub(super) const fn new() -> Self {
        Self {
            depth: 0,
            near: [const { T::VACANT }; NEAR],
            far: Vec::new(),
        }
    }

    /// The first place, if nothing is on the pile. The caller fills it and then
    /// [counts](Self::push_first) it. If it does not count it, it leaves the place vacant.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn first_vacant(&mut self) -> Option<&mut T> {
        let is_empty = self.depth == 0;
        self.near.first_mut().filter(|_| is_empty)
    }

    /// Counts the item that was filled in the [first place](Self::first_vacant).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn push_first(&mut self) {
        self.depth = 1;
    }

    /// The only item on the pile.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn only_one(&mut self) -> Option<&mut T> {
        let is_one = self.depth == 1;
        self.near.first_mut().filter(|_| is_one)
    }

    /// Removes the only item. The caller has emptied it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn pop_first(&mut self) {
        self.depth = 0;
    }

    /// Adds a vacant item, which the caller fills where it is. To move a filled one here
    /// would read words that were just written in wider pieces, and the processor waits for
    /// such words.
    #[inline]
    pub(super) fn push(&mut self) -> Option<&mut T> {
        let at = self.depth;
        self.depth += 1;
        if at >= NEAR {
            self.far.push(T::VACANT);
        }
        self.get_mut(at)
    }

    /// Removes the last item. The caller has emptied it.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth >= NEAR {
            self.pop_far();
        }
    }

    /// Removes the last allocated place, and frees the allocation with the last of them.
    #[cold]
    fn pop_far(&mut self) {
        self.far.pop();
        if self.far.is_empty() {
            // The thread's stack has no destructor, so the end of the thread would not free
            // it.
            self.far = Vec::new();
        }
    }

    /// Moves an item to the top, whatever is above it.
    ///
    /// The item changes places with each item above it, one after another, so that these
    /// keep their order. This is slow, and is needed only where a scope or span is left out
    /// of order.
    pub(super) fn raise(&mut self, at: usize) {
        for above in at + 1..self.depth {
            let (near, far) = (&mut self.near, &mut self.far);
            if above < NEAR {
                near.swap(above - 1, above);
            } else if above == NEAR {
                // From the last place in the pile to the first allocated one.
                if let (Some(one), Some(other)) = (near.last_mut(), far.first_mut()) {
                    std::mem::swap(one, other);
                }
            } else {
                far.swap(above - 1 - NEAR, above - NEAR);
            }
        }
    }

    /// The last item.
    #[inline]
    pub(super) fn top_mut(&mut self) -> Option<&mut T> {
        match self.near.get_mut(self.depth.wrapping_sub(1)) {
            // An empty pile finds nothing in both: zero less one is no place in `near`.
            Some(top) => Some(top),
            None => self.far.last_mut(),
        }
    }

    /// How many items there are.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// The item at a place; `None` for a place that is not in use.
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        if at < NEAR {
            self.near.get(at).filter(|_| at < self.depth)
        } else {
            self.far.get(at - NEAR)
        }
    }

    /// The item at a place. Also a vacant one in `near`, as `push` fills it by this.
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at < NEAR {
            self.near.get_mut(at)
        } else {
            self.far.get_mut(at.wrapping_sub(NEAR))
        }
    }

    /// The place of the last item for which `is_it` returns true.
    pub(super) fn rfind(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        (0..self.depth)
            .rev()
            .find(|at| self.get(*at).is_some_and(&is_it))
    }
}
