//! Makes the README's picture of a colored tree: the printed output as an SVG.

use anstyle_lossy::palette::WIN10_CONSOLE;
use anstyle_svg::Term;
use expect_test::expect_file;
use trace_core::{ColorChoice, Log, Outcome, SpanRecord, Status, Tag, TreeOptions};

use crate::spans::{at, failed, of_service, span, trace};

/// Returns the spans of an order. It calls the bank twice, and does not wait for one task.
fn order() -> Vec<SpanRecord> {
    let mut root = span(1, 0, "POST /orders", 0..48);
    root.add_tag("order.id", 42);
    let mut declined = failed("503 from bank: busy", span(3, 1, "charge", 9..21));
    declined.add_tag("order.id", 42);
    let mut busy = of_service("bank", failed("busy", span(4, 3, "POST /charges", 11..20)));
    busy.logs.push(Log {
        time: at(19),
        message: "no connection is free".into(),
        fields: vec![Tag::new("waiting", 12)],
    });
    let mut paid = span(5, 1, "charge", 21..44);
    paid.add_tag("order.id", 42);
    let mut stock = span(7, 1, "ask_stock", 9..15);
    stock.outcome = Outcome::Cancelled;
    let mut mail = span(9, 1, "send_mail", 44..47);
    mail.outcome = Outcome::Panicked;
    mail.status = Status::Error("panicked".into()); // as the recorder does
    vec![
        root,
        span(2, 1, "load_cart", 1..8),
        declined,
        busy,
        paid,
        of_service("bank", span(6, 5, "POST /charges", 22..42)),
        stock,
        of_service("stock", span(8, 7, "GET /stock/{id}", 10..14)),
        mail,
    ]
}

#[test]
fn the_picture_in_the_readme_is_what_is_printed() {
    let options = TreeOptions {
        header: true,
        logs: true,
        inline_tags: vec!["order.id".to_owned()],
        color: ColorChoice::Always,
        ..TreeOptions::default()
    };
    let tree = trace(&order()).tree_with(options).to_string();
    let picture = Term::new().palette(WIN10_CONSOLE).render_svg(&tree);
    let picture = picture.replace("opacity: 0.4", "opacity: 0.6"); // 0.4 is hard to read.
    expect_file!["../../examples/tree.svg"].assert_eq(&picture);
}
