//! Generates the crates to build: layers of async functions that call each other.

use std::fmt::Write as _;
use std::path::Path;

/// The number of functions in a crate.
pub(super) const FUNCTIONS: usize = LAYERS * WIDTH;

/// Each function calls two functions of the layer below it.
const LAYERS: usize = 10;
const WIDTH: usize = 20;

/// A way to instrument the functions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub(super) library: &'static str,
    dependency: &'static str,
    /// The attributes without tags and with three tags.
    attributes: [&'static str; 2],
}

/// The tags of each span in a crate.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tags {
    None,
    Three,
}

impl Tags {
    const ALL: [Self; 2] = [Self::None, Self::Three];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "no tags",
            Self::Three => "3 tags each",
        }
    }
}

/// Indices in [`VARIANTS`].
pub(super) const PLAIN: usize = 0;
pub(super) const OURS: usize = 1;
pub(super) const FASTRACE: usize = 3;

pub(super) const VARIANTS: [Variant; 4] = [
    Variant {
        library: "plain",
        dependency: "",
        attributes: ["", ""],
    },
    Variant {
        library: "trace-core",
        dependency: "trace-core = { path = \"TRACE_CORE\" }",
        attributes: [
            "#[trace_core::traced]",
            "#[trace_core::traced(tags(id, name, order.total = order.total))]",
        ],
    },
    Variant {
        library: "tracing",
        dependency: "tracing = { version = \"0.1\", default-features = false, \
                     features = [\"attributes\", \"std\"] }",
        attributes: [
            "#[tracing::instrument(skip_all, err)]",
            "#[tracing::instrument(skip_all, err, fields(id, name, order.total = order.total))]",
        ],
    },
    Variant {
        library: "fastrace",
        dependency: "fastrace = { version = \"0.7\", features = [\"enable\"] }",
        attributes: [
            "#[fastrace::trace]",
            "#[fastrace::trace(properties = { \"id\": \"{id}\", \"name\": \"{name}\", \
             \"order.total\": \"{order:?}\" })]",
        ],
    },
];

/// Writes a workspace with two members for each variant, without and with tags.
pub(super) fn write_workspace(folder: &Path) -> std::io::Result<()> {
    let mut members = Vec::new();
    for tags in Tags::ALL {
        for variant in VARIANTS {
            let package = variant.package(tags);
            let source = variant.source(tags);
            write_crate(&folder.join(&package), &variant, tags, &source)?;
            members.push(format!("\"{package}\""));
        }
    }
    let members = members.join(", ");
    std::fs::write(
        folder.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
    )?;
    copy_lock(folder)
}

pub(super) fn write_crate(
    folder: &Path,
    variant: &Variant,
    tags: Tags,
    source: &str,
) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("Cargo.toml"), variant.manifest(tags))?;
    std::fs::write(folder.join("src/lib.rs"), source)
}

/// Makes a crate use the versions of this package.
pub(super) fn copy_lock(folder: &Path) -> std::io::Result<()> {
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).map(drop)
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

impl Variant {
    /// Returns the name of the crate, which differs from the names of all libraries.
    pub(super) fn package(&self, tags: Tags) -> String {
        match tags {
            Tags::None => format!("with-{}", self.library),
            Tags::Three => format!("with-{}-tags", self.library),
        }
    }

    fn manifest(&self, tags: Tags) -> String {
        let trace_core = root().join("trace-core").display().to_string();
        let dependency = self.dependency.replace("TRACE_CORE", &trace_core);
        format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependency}\n",
            self.package(tags)
        )
    }

    fn source(&self, tags: Tags) -> String {
        let mut source = String::from(HEAD);
        for layer in 0..LAYERS {
            for index in 0..WIDTH {
                source += &function(self.attributes[tags as usize], layer, index);
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
}

fn function(attribute: &str, layer: usize, index: usize) -> String {
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
