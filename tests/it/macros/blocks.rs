//! `#[traced]` on `impl` blocks, traits and modules.

use async_trait::async_trait;
use expect_test::expect;
use trace_core::{trace_root, traced};

use super::check;

struct Shop {
    open: u32,
}

#[traced(service = "shop", tags(open = self.open))]
impl Shop {
    const LIMIT: u32 = { 2 + 1 };

    /// A documented one.
    #[inline]
    pub(crate) async fn open(&self, times: u32) -> Result<u32, String> {
        self.check(times)?;
        tokio::task::yield_now().await;
        Ok(self.id())
    }

    fn check(&self, times: u32) -> Result<(), String> {
        if times > Self::LIMIT {
            return Err("too often".to_owned());
        }
        Ok(())
    }

    #[traced("pay", service = "bank", err = off)]
    async fn pay(self) -> Result<(), String> {
        Err("poor".to_owned())
    }

    #[traced(tags(sum, open = "own"))]
    fn add(&self, sum: u32) -> u32 {
        sum
    }

    #[trace_root]
    fn restart(&self) {
        self.add(1);
    }

    #[traced(skip)]
    fn id(&self) -> u32 {
        self.open
    }

    const fn zero() -> u32 {
        0
    }
}

#[test]
fn an_impl_block_names_its_type_and_hands_its_arguments_on() {
    let body = async {
        let shop = Shop { open: 7 };
        assert_eq!(shop.open(Shop::zero()).await, Ok(7));
        assert!(shop.open(4).await.is_err());
        shop.restart();
        shop.add(2);
        assert!(shop.pay().await.is_err());
    };
    check(
        body,
        expect![[r#"
            Shop::open (shop) open=I64(7)
              Shop::check (shop) open=I64(7)
            Shop::open (shop) open=I64(7) error alloc::string::String: too often
              Shop::check (shop) open=I64(7) error alloc::string::String: too often
            root Shop::restart (shop) open=I64(7)
              Shop::add (shop) sum=I64(1) open=String("own")
            Shop::add (shop) sum=I64(2) open=String("own")
            pay (bank) open=I64(7)
        "#]],
    );
}

#[traced(tags(via = "trait"))]
trait Greets<T = [u8; 2]> {
    type Name: AsRef<str>;
    const GREETING: &'static str = "hello";

    fn name(&self) -> Self::Name;
    async fn later(&self) -> String {
        self.greet()
    }
    fn greet(&self) -> String
    where
        [T; 3]: Sized,
    {
        format!("{} {}", Self::GREETING, self.name().as_ref())
    }
}

#[traced]
impl<T: Clone> Greets<T> for Vec<Option<T>> {
    type Name = &'static str;

    fn name(&self) -> &'static str {
        "vec"
    }
}

#[traced]
#[async_trait]
impl Store for Shop {
    async fn load(&self, id: u32) -> Result<u32, String> {
        tokio::task::yield_now().await;
        Ok(id)
    }
}

#[async_trait]
#[traced]
impl Store for &'static str {
    async fn load(&self, id: u32) -> Result<u32, String> {
        Err(format!("{self}{id}"))
    }
}

#[async_trait]
trait Store {
    async fn load(&self, id: u32) -> Result<u32, String>;
}

#[test]
fn traits_and_their_implementations() {
    let body = async {
        let names: Vec<Option<u8>> = Vec::new();
        assert_eq!(names.later().await, "hello vec");
        assert_eq!(Shop { open: 1 }.load(3).await, Ok(3));
        assert!("x".load(3).await.is_err());
    };
    check(
        body,
        expect![[r#"
            Greets::later via=String("trait")
              Greets::greet via=String("trait")
                Vec::name
            Shop::load
            str::load error alloc::string::String: x3
        "#]],
    );
}

#[traced(kind = client)]
mod bank {
    use super::Shop;

    pub(super) static RATE: u32 = if 1 < 2 { 3 } else { 4 };

    pub(super) struct Account<const N: usize = { 1 + 1 }>(pub(super) [u32; N]);

    pub(super) fn debit(account: &Account) -> u32 {
        inner::fee(account) + RATE
    }

    impl Account {
        pub(super) async fn balance(&self) -> u32 {
            debit(self)
        }
    }

    #[trace_core::traced(kind = server)]
    impl Shop {
        pub(super) fn other(&self) {}
    }

    mod inner {
        pub(in super::super) fn fee(account: &super::Account) -> u32 {
            account.0[0]
        }
    }

    macro_rules! made {
        ($vis:vis fn $name:ident() $body:block) => {
            $vis fn $name() $body
        };
    }

    made! {
        pub(super) fn not_seen() {}
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn is_left_alone() {
            super::not_seen();
        }
    }
}

macro_rules! in_a_module {
    ($name:ident, $item:item, $vis:vis fn $function:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        #[traced]
        mod $name {
            $item
            $vis fn $function($($arg: $ty),*) -> $ret $body
        }
    };
}

in_a_module!(
    made,
    pub(super) fn whole() -> u32 {
        1
    },
    pub(super) fn pieces(a: u32) -> u32 {
        a
    }
);

#[test]
fn modules_and_everything_in_them() {
    let body = async {
        assert_eq!(bank::Account([1, 2]).balance().await, 4);
        bank::not_seen();
        Shop { open: 1 }.other();
        assert_eq!(made::whole() + made::pieces(2), 3);
    };
    check(
        body,
        expect![[r#"
            Account::balance Client
              debit Client
                fee Client
            Shop::other Server
            whole
            pieces
        "#]],
    );
}

#[traced]
mod documented {
    //! Inner attributes belong to the module.
    #![allow(dead_code, reason = "an attribute for the test")]

    pub(super) fn first() -> u32 {
        inner::first()
    }

    pub(super) mod inner {
        //! The same below.
        pub(super) struct Kind;

        impl Kind {
            #![allow(clippy::unused_self, reason = "an attribute for the test")]

            pub(super) fn id(self) -> u32 {
                1
            }
        }

        pub(super) fn first() -> u32 {
            Kind.id()
        }
    }
}

#[test]
fn functions_after_inner_attributes() {
    check(
        async { assert_eq!(documented::first(), 1) },
        expect![[r#"
            first
              first
                Kind::id
        "#]],
    );
}

const PART: &str = "self";

#[traced(service = self.name, tags(name = self.name, part = self::PART), links(self.link), err = status)]
impl Named {
    fn new(name: &'static str) -> Self {
        let named = Self { name, link: None };
        named.read();
        named
    }

    fn read(&self) -> usize {
        self.name.len()
    }

    #[allow(clippy::boxed_local, reason = "a receiver of its own kind")]
    fn boxed(self: Box<Self>) -> Result<(), String> {
        Err("boxed".to_owned())
    }
}

struct Named {
    name: &'static str,
    link: Option<trace_core::TraceContext>,
}

#[test]
fn what_names_self_goes_to_methods() {
    check(
        async { drop(Box::new(Named::new("shop")).boxed()) },
        expect![[r#"
            Named::new part=String("self")
              Named::read (shop) name=String("shop") part=String("self")
            Named::boxed (shop) name=String("shop") part=String("self") error alloc::string::String: boxed
        "#]],
    );
}

#[traced(tags(from = "block"))]
mod conditional {
    #[cfg_attr(all(), trace_core::traced(skip))]
    pub(super) fn skipped() {}

    #[cfg_attr(
        all(),
        inline,
        cfg_attr(all(), trace_core::traced("renamed", tags(own = 1)))
    )]
    pub(super) fn renamed() {}

    #[cfg_attr(any(), trace_core::traced(skip))]
    pub(super) fn kept() {}

    #[cfg_attr(any(), trace_core::traced(skip))]
    pub(super) mod kept_inside {
        pub(in super::super) fn inner() {}
    }
}

#[test]
fn attributes_under_a_condition_are_seen() {
    let body = async {
        conditional::skipped();
        conditional::renamed();
        conditional::kept();
        conditional::kept_inside::inner();
    };
    check(
        body,
        expect![[r#"
        renamed own=I64(1) from=String("block")
        kept from=String("block")
        inner from=String("block")
    "#]],
    );
}

#[traced(service = "outer", tags(outer = 1, both = "outer"))]
mod outer {
    #[trace_core::traced(kind = client, tags(both = "inner"))]
    pub(super) mod inner {
        pub(in super::super) fn merged() {}
    }

    #[trace_core::traced(skip)]
    pub(super) mod left_out {
        pub(in super::super) fn untraced() {}
    }
}

#[test]
fn a_block_within_a_block_says_what_is_different() {
    let body = async {
        outer::inner::merged();
        outer::left_out::untraced();
    };
    check(
        body,
        expect![[r#"
        merged Client (outer) both=String("inner") outer=I64(1)
    "#]],
    );
}
