//! The crate that is built: layers of async functions that call each other.

use std::fmt::Write as _;
use std::path::Path;

/// Functions in a crate.
pub(super) const FUNCTIONS: usize = LAYERS * WIDTH;

/// Each function calls two of the layer below it.
const LAYERS: usize = 10;
const WIDTH: usize = 20;

/// A way to instrument the functions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub(super) name: &'static str,
    dependency: &'static str,
    attribute: &'static str,
}

/// Places in [`VARIANTS`].
pub(super) const PLAIN: usize = 0;
pub(super) const OURS: usize = 1;
pub(super) const FASTRACE: usize = 3;

pub(super) const VARIANTS: [Variant; 4] = [
    Variant {
        name: "plain",
        dependency: "",
        attribute: "",
    },
    Variant {
        name: "ours",
        dependency: "trace-core = { path = \"TRACE_CORE\" }",
        attribute: "#[trace_core::traced(tags(id, name, order.total = order.total))]",
    },
    Variant {
        name: "with-tracing",
        dependency: "tracing = { version = \"0.1\", default-features = false, \
                     features = [\"attributes\", \"std\"] }",
        attribute: "#[tracing::instrument(skip_all, err, fields(id, name, order.total = order.total))]",
    },
    Variant {
        name: "with-fastrace",
        dependency: "fastrace = { version = \"0.7\", features = [\"enable\"] }",
        attribute: "#[fastrace::trace(properties = { \"id\": \"{id}\", \"name\": \"{name}\", \
                    \"order.total\": \"{order:?}\" })]",
    },
];

impl Variant {
    pub(super) fn manifest(&self, trace_core: &Path) -> String {
        let trace_core = trace_core.display().to_string();
        let dependency = self.dependency.replace("TRACE_CORE", &trace_core);
        format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependency}\n",
            self.name
        )
    }

    pub(super) fn source(&self) -> String {
        let mut source = String::from(HEAD);
        for layer in 0..LAYERS {
            for index in 0..WIDTH {
                source += &self.function(layer, index);
            }
        }
        source += "/// Makes the functions be compiled, as those are that nobody calls are not.\n\
                   pub fn all<'a>(order: &'a Order) -> Vec<Pin<Box<dyn Future<Output = Result<u64, Declined>> + Send + 'a>>> {\n    vec![\n";
        for index in 0..WIDTH {
            let _infallible = writeln!(
                source,
                "        Box::pin(layer{}_step{index}({index}, \"all\", order)),",
                LAYERS - 1
            );
        }
        source += "    ]\n}\n";
        source
    }

    fn function(&self, layer: usize, index: usize) -> String {
        let attribute = self.attribute;
        let body = if layer == 0 {
            "    if order.total > LIMIT {\n        return Err(Declined { id });\n    }\n    \
             tick().await;\n    Ok(id + name.len() as u64)\n"
                .to_owned()
        } else {
            let (below, next) = (layer - 1, (index + 1) % WIDTH);
            format!(
                "    let first = layer{below}_step{index}(id + 1, name, order).await?;\n    \
                 if first % 2 == 0 {{\n        tick().await;\n    }}\n    \
                 let second = layer{below}_step{next}(first, name, order).await?;\n    \
                 Ok(first + second)\n"
            )
        };
        format!(
            "{attribute}\nasync fn layer{layer}_step{index}(id: u64, name: &str, order: &Order) \
             -> Result<u64, Declined> {{\n{body}}}\n\n"
        )
    }
}

const HEAD: &str = r#"//! A crate that is written to be built, not to be run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

const LIMIT: u64 = 1_000;

#[derive(Debug)]
pub struct Order {
    pub total: u64,
}

#[derive(Debug)]
pub struct Declined {
    pub id: u64,
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {} was declined", self.id)
    }
}

impl std::error::Error for Declined {}

struct Tick(bool);

impl Future for Tick {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn tick() -> Tick {
    Tick(false)
}

"#;
