use trace_core::{trace_root, traced, traced_test};

struct Shop;

#[traced("one name")]
impl Shop {
    fn literal(&self) {}
}

#[traced(name = "one name")]
impl Shop {
    fn named(&self) {}
}

#[traced(root, parent = self.context, remote = self.context)]
impl Shop {
    fn rooted(&self) {}
}

#[traced(skip, kind = client)]
impl Shop {
    fn skipped(&self) {}
}

#[traced(sevrice = "shop", service = "a", service = "b")]
impl Shop {
    fn misspelled(&self) {}
}

#[traced(tags(id))]
impl Shop {
    fn without_id(&self) {}
    fn with_id(&self, id: u32) {}
}

#[traced]
impl Shop {
    #[traced(kind = cleint)]
    fn own_mistake(&self) {}
}

#[trace_root]
impl Shop {
    fn root_of_a_block(&self) {}
}

#[traced_test]
mod tests {
    pub fn test_of_a_block() {}
}

#[traced]
trait NoBodies {
    fn body_less(&self);
}

impl NoBodies for Shop {
    fn body_less(&self) {}
}

#[traced]
impl Shop {
    #[traced]
    const fn constant() {}
    const fn left_out() {}
}

#[traced]
impl Shop {}

#[traced]
impl Shop {
    const fn constants_alone() {}
}

#[traced(tags(id = self.id))]
impl Shop {
    fn no_method() {}
}

#[traced(err(|error| true))]
impl Shop {
    fn fails(&self) {}
}

fn main() {
    let shop = Shop;
    shop.literal();
    shop.named();
    shop.rooted();
    shop.skipped();
    shop.misspelled();
    shop.without_id();
    shop.with_id(1);
    shop.own_mistake();
    shop.root_of_a_block();
    tests::test_of_a_block();
    shop.body_less();
    Shop::constant();
    Shop::left_out();
    Shop::constants_alone();
    Shop::no_method();
}
