//! Runs functions in many ways, without and with the attributes, and compares.

#![allow(warnings)]

mod functions;

pub use std::cell::RefCell;
pub use std::future::Future;
pub use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
pub use std::pin::Pin;
pub use std::task::{Context, Poll, Waker};

pub use trace_core::{MemoryCollector, Tracer, trace_root, traced};

/// A type that does not show the future.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

thread_local! {
    static LOG: RefCell<Vec<String>> = RefCell::default();
}

fn log(what: String) {
    LOG.with_borrow_mut(|log| log.push(what));
}

/// Says when it is touched and dropped.
pub struct D(pub u32);

impl Drop for D {
    fn drop(&mut self) {
        log(format!("drop {}", self.0));
    }
}

pub trait Makes {
    fn id(&self) -> u32;

    fn touch(&self) -> u32 {
        log(format!("touch {}", self.id()));
        1
    }

    fn make(&self, id: u32) -> D {
        log(format!("make {id}"));
        D(id)
    }
}

impl Makes for D {
    fn id(&self) -> u32 {
        self.0
    }
}

pub trait Lends<'a>: Makes {}

impl Makes for &D {
    fn id(&self) -> u32 {
        self.0
    }
}

impl<'a> Lends<'a> for &'a D {}

impl D {
    pub fn set(&mut self, id: u32) {
        log(format!("set {id}"));
        self.0 = id;
    }
}

pub struct Pair {
    pub left: D,
    pub right: D,
}

pub struct E(pub D);

pub fn fails(fails: bool, id: u32) -> Result<D, E> {
    if fails { Err(E(D(id))) } else { Ok(D(id)) }
}

pub fn throw(id: u32) {
    resume_unwind(Box::new(id));
}

/// Ready when it has been polled so many times more.
pub struct Wait(pub u32);

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        log(format!("wait {}", self.0));
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        Poll::Pending
    }
}

pub trait Show: Sized {
    fn text(&self) -> String;
}

impl Show for () {
    fn text(&self) -> String {
        "nothing".to_owned()
    }
}

impl Show for u32 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Show for D {
    fn text(&self) -> String {
        format!("D {}", self.0)
    }
}

impl Show for &D {
    fn text(&self) -> String {
        format!("&D {}", self.0)
    }
}

impl Show for Option<D> {
    fn text(&self) -> String {
        format!("{:?}", self.as_ref().map(|value| value.0))
    }
}

impl Show for Result<D, E> {
    fn text(&self) -> String {
        format!("{:?}", self.as_ref().map(|value| value.0).map_err(|error| error.0.0))
    }
}

pub fn show<T: Show>(value: T) {
    log(format!("returned {}", value.text()));
}

pub struct Case {
    pub plain: fn(u32) -> Pin<Box<dyn Future<Output = ()>>>,
    pub traced: fn(u32) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// Polls a future at most so many times, drops it, and returns what happened.
fn run(make: fn(u32) -> Pin<Box<dyn Future<Output = ()>>>, c: u32, polls: usize, root: bool) -> Vec<String> {
    LOG.take();
    let mut future = make(c);
    if root {
        future = Box::pin(trace_core::root("root").run(future));
    }
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context)));
        match polled {
            Ok(Poll::Pending) => log("pending".to_owned()),
            Ok(Poll::Ready(())) => break,
            Err(payload) => {
                log(format!("thrown {:?}", payload.downcast_ref::<u32>()));
                break;
            }
        }
    }
    log("end".to_owned());
    drop(future);
    LOG.take()
}

fn main() {
    let collector = MemoryCollector::new();
    let tracing = Tracer::builder("random").collector(collector.clone()).install().unwrap();
    let mut runs = 0;
    let mut different = 0;
    let mut longest = 0;
    for (index, case) in functions::CASES.iter().enumerate() {
        let mut is_same = true;
        for c in 0..8 {
            for polls in [100, 0, 1, 2, 3, 4] {
                for root in [false, true] {
                    let [plain, traced] = [case.plain, case.traced].map(|make| run(make, c, polls, root));
                    runs += 2;
                    longest = longest.max(plain.len());
                    if plain != traced && is_same {
                        is_same = false;
                        println!("f{index}({c}), {polls} polls, root: {root}\n{plain:?}\n{traced:?}\n");
                    }
                }
            }
        }
        different += u32::from(!is_same);
    }
    drop(tracing);
    let spans = collector.take().len();
    assert!(spans > 0, "nothing was recorded");
    println!("{runs} runs, the longest of {longest} steps, {spans} spans");
    match different {
        0 => println!("{} functions are the same", functions::CASES.len()),
        _ => println!("{different} functions differ"),
    }
}
