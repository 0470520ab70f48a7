//! The order in which functions drop what they hold, which editions change: before
//! 2024, temporaries in the last expression live longer than the locals.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Mutex;

use crate::{assert_same, run, twice};

/// Notes its name when it is dropped.
pub(crate) struct Noisy(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

impl Noisy {
    fn named(&self, name: &'static str) -> Self {
        Self(name, Rc::clone(&self.1))
    }

    fn touch(&self) -> u32 {
        1
    }
}

/// Runs a function with something that makes values, and returns the order in which
/// those were dropped.
fn drops<R>(function: impl FnOnce(&dyn Fn(&'static str) -> Noisy) -> R) -> Vec<&'static str> {
    let list: Rc<RefCell<Vec<&str>>> = Rc::default();
    drop(function(&|name| Noisy(name, Rc::clone(&list))));
    list.take()
}

twice! {
    pub(super) fn value(a: Noisy, b: Noisy) -> u32 {
        let local = a.named("local");
        b.touch() + local.touch() + a.named("tail").touch()
    }

    pub(super) fn block_at_the_end(a: Noisy, flag: bool) -> u32 {
        let _local = a.named("local");
        if let 1 = a.named("scrutinee").touch() {
            a.named("then").touch() + u32::from(flag)
        } else {
            a.named("else").touch()
        }
    }

    pub(super) fn fallible(
        a: Noisy,
        mut b: Noisy,
        (c, _): (Noisy, Noisy),
        _: Noisy,
        number: u32,
    ) -> Result<u32, std::num::ParseIntError> {
        let local = a.named("local");
        b.0 = "changed";
        let parsed: u32 = "1".parse()?;
        Ok(parsed + number + c.touch() + local.touch() + a.named("tail").touch())
    }

    pub(super) fn no_early_end(a: Noisy, (b, _): (Noisy, Noisy), _: Noisy) -> Result<u32, String> {
        let local = a.named("local");
        Ok(local.touch() + b.named("tail").touch())
    }

    pub(super) fn early(a: Noisy, b: Noisy) -> Result<Noisy, String> {
        let _local = a.named("local");
        if a.named("condition").touch() == 1 {
            return Ok(b);
        }
        Err("never".to_owned())
    }

    pub(super) async fn asynchronous(
        a: Noisy,
        mut b: Noisy,
        (c, _): (Noisy, Noisy),
        _: Noisy,
        d: Noisy,
    ) -> u32 {
        let local = a.named("local");
        b.0 = "changed";
        c.touch() + local.touch() + d.named("tail").touch()
    }

    pub(super) async fn async_fallible(a: Noisy, b: Noisy, _unused: Noisy) -> Result<u32, String> {
        let _local = a.named("local");
        match a.named("scrutinee").touch() {
            1 => Ok(b.named("arm").touch()),
            _ => Err("never".to_owned()),
        }
    }

    pub(super) async fn with_guards(a: Noisy, lock: &Mutex<Noisy>) -> u32 {
        let _local = a.named("local");
        lock.lock().unwrap().named("below the guard").touch()
    }

    pub(super) fn sync_with_guards(a: Noisy, cell: &RefCell<Vec<u32>>) -> Result<usize, String> {
        let _local = a.named("local");
        Ok(cell.borrow_mut().iter().count() + a.named("tail").touch() as usize)
    }

    pub(super) fn future(a: Noisy, b: Noisy) -> impl std::future::Future<Output = u32> {
        let local = a.named("local");
        async move {
            let _inner = b.named("inner");
            local.touch() + b.named("tail").touch()
        }
    }
}

#[test]
fn functions_drop_in_the_same_order() {
    assert_same!(
        drops(|n| value(n("a"), n("b"))),
        drops(|n| block_at_the_end(n("a"), true)),
        drops(|n| fallible(n("a"), n("b"), (n("c"), n("c2")), n("_"), 1)),
        drops(|n| no_early_end(n("a"), (n("b"), n("b2")), n("_"))),
        drops(|n| early(n("a"), n("b"))),
        drops(|n| sync_with_guards(n("a"), &RefCell::default())),
    );
}

#[test]
fn futures_drop_in_the_same_order() {
    assert_same!(
        drops(|n| run(asynchronous(
            n("a"),
            n("b"),
            (n("c"), n("c2")),
            n("_"),
            n("d")
        ))),
        drops(|n| asynchronous(n("a"), n("b"), (n("c"), n("c2")), n("_"), n("d"))),
        drops(|n| run(async_fallible(n("a"), n("b"), n("unused")))),
        drops(|n| async_fallible(n("a"), n("b"), n("unused"))),
        drops(|n| run(with_guards(n("a"), &Mutex::new(n("locked"))))),
        drops(|n| run(future(n("a"), n("b")))),
        drops(|n| drop(future(n("a"), n("b")))),
    );
}

/// So that the comparison does not compare what is the same in all editions.
#[test]
fn temporaries_at_the_end_live_as_the_edition_says() {
    let order = drops(|n| with_span::value(n("a"), n("b")));
    if env!("CARGO_PKG_NAME").ends_with("2024") {
        assert_eq!(order, ["tail", "local", "b", "a"]);
    } else {
        assert_eq!(order, ["local", "tail", "b", "a"]);
    }
}
