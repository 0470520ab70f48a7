//! Builds programs that are no part of the workspace.
//!
//! In the workspace, packages turn features on for each other, and all have the same
//! profiles.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

/// A package outside the workspace.
#[derive(Debug)]
pub struct Package {
    folder: PathBuf,
    target: PathBuf,
}

impl Package {
    /// Writes a package of these files, which may name the `ROOT` of the workspace,
    /// into `folder`; what it builds is in `target`.
    ///
    /// # Panics
    ///
    /// When a file cannot be written.
    #[must_use]
    pub fn write(folder: &Path, target: &Path, files: &[(&str, &str)]) -> Self {
        let root = root();
        for (file, text) in files {
            let file = folder.join(file);
            let text = text.replace("ROOT", &root.display().to_string());
            // Cargo looks at times: what is the same stays.
            if std::fs::read_to_string(&file).ok().as_deref() != Some(&text) {
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
        }
        // The versions of the workspace, which have been downloaded.
        std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self {
            folder: folder.to_owned(),
            target: target.to_owned(),
        }
    }

    /// Builds a program without warnings, and keeps it from being replaced by the
    /// next one.
    ///
    /// # Panics
    ///
    /// When it does not build, or with warnings.
    #[must_use]
    pub fn build(&self, program: &str, profile: &str, features: &str) -> PathBuf {
        let built = self.run_cargo(profile, features);
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "features {features:?}:\n{errors}");
        assert_eq!(errors, "", "warnings with features {features:?}");
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let folder = if profile == "dev" { "debug" } else { profile };
        let built = self.target.join(folder).join(&name);
        let kept = format!("{profile}-{}-{name}", features.replace(',', "-"));
        let kept = self.folder.join(kept);
        std::fs::copy(built, &kept).unwrap();
        kept
    }

    /// Returns the errors of a package that does not build.
    ///
    /// # Panics
    ///
    /// When it builds.
    #[must_use]
    pub fn errors(&self, features: &str) -> String {
        let built = self.run_cargo("dev", features);
        assert!(!built.status.success(), "it builds");
        String::from_utf8(built.stderr).unwrap()
    }

    fn run_cargo(&self, profile: &str, features: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        for flags in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            cargo.env_remove(flags);
        }
        cargo
            .current_dir(&self.folder)
            .args(["build", "--quiet", "--offline", "--profile", profile])
            .args(["--features", features, "--target-dir"])
            .arg(&self.target)
            .output()
            .unwrap()
    }
}

/// The folder of the workspace.
///
/// # Panics
///
/// When it has gone.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../..").canonicalize().unwrap()
}

/// Runs a program that succeeds; returns what it prints, to either stream.
///
/// # Panics
///
/// When the program fails.
#[must_use]
pub fn run(program: &Path) -> String {
    let output = Command::new(program).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}:\n{errors}", program.display());
    String::from_utf8_lossy(&output.stdout).into_owned() + &errors
}

/// What is in a program.
#[derive(Debug)]
pub struct Program {
    /// Bytes of machine code.
    pub code: u64,
    /// Symbols that have to do with `trace-core` and `trace-macros`.
    pub ours: BTreeSet<String>,
}

impl Program {
    /// Reads the file of a program.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let sections = file.sections();
        let code = sections.filter(|section| section.kind() == SectionKind::Text);
        let symbols = file.symbols();
        let names = symbols.filter_map(|symbol| Some(symbol.name().ok()?.to_owned()));
        let is_ours = |name: &String| name.contains("trace_core") || name.contains("trace_macros");
        Self {
            code: code.map(|section| section.size()).sum(),
            ours: names.filter(is_ours).collect(),
        }
    }

    /// Returns the symbols of the recorder. The others are about plain values, or
    /// named after types of the crate that hold nothing.
    #[must_use]
    pub fn recorder(&self) -> BTreeSet<&str> {
        let parts = [
            "record",
            "stream",
            "decode",
            "delivery",
            "clock",
            "id_generator",
        ];
        // Mangled names have a length before each part of a path.
        let parts = parts.map(|part| format!("{}{part}", part.len()));
        let names = self.ours.iter().map(String::as_str);
        names
            .filter(|name| parts.iter().any(|part| name.contains(part.as_str())))
            .collect()
    }
}
