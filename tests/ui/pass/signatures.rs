use std::pin::Pin;

use trace_core::traced;

#[traced]
pub unsafe fn unsafe_function() {}

#[traced]
pub async unsafe fn unsafe_async() -> Result<(), String> {
    unsafe { unsafe_function() };
    Ok(())
}

#[traced]
pub extern "C" fn c_abi(a: u32) -> u32 {
    a
}

#[traced]
async fn conditional(#[cfg(all())] a: u32, #[cfg(any())] a: String, (b, c): (u32, u32)) -> u32 {
    a + b + c
}

#[traced]
async fn conditional_pattern(#[cfg(all())] (a, _): (u32, u32), #[cfg(any())] a: u32) -> u32 {
    a
}

#[traced]
async fn conditional_twice(
    #[cfg_attr(all(), cfg(any()))] (a, b): Unknown,
    #[cfg_attr(all(), cfg_attr(any(), deny(unused)), cfg_attr(all(), allow(unused), cfg(any())))] c: Unknown,
    #[cfg_attr(any(), cfg(any()))] (d, _): (u32, u32),
    #[cfg_attr(any(), cfg(any()))] e: String,
) -> usize {
    e.len() + d as usize
}

#[traced(tags(text))]
fn conditional_sync(
    #[cfg_attr(all(), cfg(any()))] (text, other): Unknown,
    #[cfg_attr(any(), cfg(any()))] text: &str,
) -> Result<u32, String> {
    Ok(text.parse::<u32>().map_err(|error| error.to_string())?)
}

#[traced]
async fn borrowed_mutably((ref mut a, ref b): (u32, u32), ref mut c: String) -> u32 {
    *a += 1;
    c.push('c');
    *a + b
}

#[traced]
fn borrowed_mutably_by_a_closure(
    (ref mut a, b): (u32, u32),
    &mut (ref mut c, _): &mut (u32, u32),
) -> Result<u32, String> {
    if b == 0 {
        return Err("zero".to_owned());
    }
    *a += 1;
    *c += 1;
    Ok(*a + b)
}

#[traced]
async fn alternatives((Ok(a) | Err(a)): Result<u32, u32>, b: u32) -> u32 {
    a + b
}

#[traced]
fn no_statement() -> impl std::fmt::Display {
    "text"
}

#[traced]
async fn labels(mut n: u32) -> Result<u32, String> {
    let found = 'search: loop {
        loop {
            n += 1;
            if n > 10 {
                break 'search n;
            }
            if n > 20 {
                return Err("no".into());
            }
        }
    };
    Ok(found)
}

#[traced]
async fn coerced(flag: bool) -> Box<dyn Fn() -> u32> {
    if flag {
        return Box::new(|| 1);
    }
    Box::new(|| 2)
}

#[traced]
fn coerced_sync(flag: bool) -> Result<Box<dyn Fn() -> u32>, Box<dyn std::error::Error>> {
    if flag {
        return Ok(Box::new(|| 1));
    }
    Err("no")?
}

type Fut<'a, T> = Pin<Box<dyn Future<Output = Result<T, std::io::Error>> + Send + 'a>>;

#[traced]
fn alias(text: &str) -> Fut<'_, usize> {
    Box::pin(async move { Ok(text.len()) })
}

type BoxFuture<'a, T> = Fut<'a, T>;

#[traced]
fn misleading(text: &str) -> BoxFuture<'_, usize> {
    if text.is_empty() {
        return Box::pin(async { Ok(0) });
    }
    Box::pin(std::future::ready(Ok(text.len())))
}

#[traced]
fn captures<'a, T: Clone>(value: &'a T) -> impl Future<Output = T> + use<'a, T> {
    let value = value.clone();
    async move { value }
}

#[traced]
fn reborrow<'a>(values: &'a mut Vec<u32>, index: usize) -> Result<&'a mut u32, String> {
    let length = values.len();
    values.get_mut(index).ok_or_else(|| length.to_string())
}

#[traced]
async fn recursive(n: u32) -> u32 {
    if n == 0 { 0 } else { Box::pin(recursive(n - 1)).await + 1 }
}

#[traced]
async fn calls<F>(f: F) -> u32
where
    F: AsyncFn(&str) -> u32,
{
    f("a").await
}

#[traced]
async fn functions(f: fn(&str) -> &str, g: impl for<'a> Fn(&'a str) -> Box<dyn Iterator<Item = &'a str> + 'a>) -> usize {
    g(f("a b")).count()
}

struct Wrapper<T>(T);

impl<T: Clone> Wrapper<T> {
    #[traced]
    async fn get(&self) -> T
    where
        T: Send,
    {
        self.0.clone()
    }
    #[traced]
    fn new(value: T) -> Result<Self, String> {
        Ok(Self(value))
    }
    #[traced]
    async fn pinned(self: Pin<&mut Self>, (a, _b): (u32, u32)) -> Result<&T, u32>
    where
        T: Unpin,
    {
        if a == 0 { Err(1) } else { Ok(&self.get_mut().0) }
    }
    #[traced]
    fn later<'a>(&'a self) -> Pin<Box<dyn Future<Output = &'a T> + 'a>> {
        Box::pin(async move { &self.0 })
    }
}

trait Opaque {
    #[traced]
    fn load(&self) -> impl Future<Output = Result<u32, String>> + Send {
        async { Err("default".into()) }
    }
    #[traced]
    async fn twice(&self) -> u32 {
        2
    }
}

impl Opaque for u32 {
    #[traced]
    async fn load(&self) -> Result<u32, String> {
        Ok(*self)
    }
}

impl Opaque for String {}

fn main() {
    let mut values = vec![1];
    drop(reborrow(&mut values, 0));
    drop(conditional(1, (2, 3)));
    drop(no_statement());
    drop((labels(1), coerced(true), coerced_sync(true), alias("a"), misleading("a")));
    drop((conditional_twice((1, 2), String::new()), conditional_sync("1")));
    drop((captures(&1), recursive(3), calls(async |text: &str| text.len() as u32)));
    drop(functions(|text| text, |text| Box::new(text.split(' '))));
    let mut wrapper = Wrapper::new(1).unwrap();
    drop(wrapper.get());
    drop(wrapper.later());
    drop(Pin::new(&mut wrapper).pinned((1, 2)));
    drop((Opaque::load(&1), 1.twice(), String::new().load()));
    drop(unsafe { unsafe_async() });
    c_abi(1);
}
