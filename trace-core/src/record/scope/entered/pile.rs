//! A stack whose first places need no allocation.
//!
//! Items are filled in place, and a place that is not in use is *vacant*: it holds
//! nothing, and need not be dropped. So a root, which enters one scope, writes a few
//! words and allocates nothing.

/// An item that may be put on a pile in an empty state, in which it holds nothing.
pub(super) trait Vacant {
    const VACANT: Self;
}

/// A stack whose first places are allocated, so that a root allocates nothing.
#[derive(Debug)]
pub(super) struct Pile<T> {
    depth: usize,
    near: [T; NEAR],
    far: Vec<T>,
}

/// Places that need no allocation.
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

    /// The first place, if nothing is on the pile. It is to be filled, and then to be
    /// [counted](Self::push_first).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn first_vacant(&mut self) -> Option<&mut T> {
        let is_empty = self.depth == 0;
        self.near.first_mut().filter(|_| is_empty)
    }

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

    /// Removes the only item, which is vacant again.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn pop_first(&mut self) {
        self.depth = 0;
    }

    /// Adds a vacant item, which the caller fills where it is: when words that were just
    /// written are copied in wider pieces, the processor waits for them.
    #[inline]
    pub(super) fn push(&mut self) -> Option<&mut T> {
        let at = self.depth;
        self.depth += 1;
        if at >= NEAR {
            self.far.push(T::VACANT);
        }
        self.get_mut(at)
    }

    /// Removes the last item, which is vacant again.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth >= NEAR {
            self.pop_far();
        }
    }

    /// Drops the last place that was allocated, and the allocation with the last of them.
    #[cold]
    fn pop_far(&mut self) {
        self.far.pop();
        if self.far.is_empty() {
            // Nobody does so at the end of the thread.
            self.far = Vec::new();
        }
    }

    /// Moves an item to the top, whatever is above it.
    ///
    /// The item changes places with each above it, so that these keep their order.
    pub(super) fn raise(&mut self, at: usize) {
        for above in at + 1..self.depth {
            let (near, far) = (&mut self.near, &mut self.far);
            if above < NEAR {
                near.swap(above - 1, above);
            } else if above == NEAR {
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
            Some(top) => Some(top),
            None => self.far.last_mut(),
        }
    }

    /// How many items there are.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        if at < NEAR {
            self.near.get(at).filter(|_| at < self.depth)
        } else {
            self.far.get(at - NEAR)
        }
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at < NEAR {
            self.near.get_mut(at)
        } else {
            self.far.get_mut(at.wrapping_sub(NEAR))
        }
    }

    /// Where the last item is of which something holds.
    pub(super) fn rfind(&self, is_it: impl Fn(&T) -> bool) -> Option<usize> {
        (0..self.depth)
            .rev()
            .find(|at| self.get(*at).is_some_and(&is_it))
    }
}
