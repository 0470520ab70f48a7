//! `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.

use std::fmt;

use trace_core::{AlwaysOff, AlwaysOn, ParentBased, Probabilistic, Sampler};

use super::variables::{Variables, unexpected};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

const KNOWN: &str = "one of always_on, always_off, traceidratio, parentbased_always_on, \
     parentbased_always_off, parentbased_traceidratio";

/// A sampler that the variables can name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SamplerSetting {
    /// Whether it follows a caller's decision.
    is_parent_based: bool,
    root: RootSampler,
}

/// The sampler of traces that start in this process.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RootSampler {
    AlwaysOn,
    AlwaysOff,
    /// A share from 0.0 to 1.0.
    Share(f64),
}

impl Default for SamplerSetting {
    fn default() -> Self {
        Self {
            is_parent_based: true,
            root: RootSampler::AlwaysOn,
        }
    }
}

impl SamplerSetting {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        let Some(name) = variables.text(SAMPLER) else {
            if variables.text(ARGUMENT).is_some() {
                let unused = format!("is not used, as `{SAMPLER}` is not set");
                variables.warn(ARGUMENT, unused);
            }
            return Self::default();
        };
        let Some(mut setting) = Self::from_name(&name) else {
            let expected = match name.to_ascii_lowercase().as_str() {
                "jaeger_remote" | "parentbased_jaeger_remote" | "xray" => {
                    format!("{KNOWN}, as this one does not exist here")
                }
                _ => KNOWN.to_owned(),
            };
            variables.warn(SAMPLER, unexpected(&name, &expected));
            return Self::default();
        };
        match &mut setting.root {
            RootSampler::Share(share) => {
                let expected = "a number from 0 to 1";
                let read = variables.parsed(ARGUMENT, expected, |text| {
                    let share = text.parse().ok();
                    share.filter(|share| (0.0..=1.0).contains(share))
                });
                *share = read.unwrap_or(1.0);
            }
            RootSampler::AlwaysOn | RootSampler::AlwaysOff => {
                if variables.text(ARGUMENT).is_some() {
                    let unused = format!("is not used, as the sampler `{name}` takes none");
                    variables.warn(ARGUMENT, unused);
                }
            }
        }
        setting
    }

    fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (is_parent_based, root) = match name.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, name.as_str()),
        };
        let root = match root {
            "always_on" => RootSampler::AlwaysOn,
            "always_off" => RootSampler::AlwaysOff,
            "traceidratio" => RootSampler::Share(1.0),
            _ => return None,
        };
        Some(Self {
            is_parent_based,
            root,
        })
    }

    /// Makes the sampler.
    pub(super) fn sampler(self) -> Box<dyn Sampler> {
        match self.root {
            RootSampler::AlwaysOn => self.below_callers(AlwaysOn),
            RootSampler::AlwaysOff => self.below_callers(AlwaysOff),
            RootSampler::Share(share) => match Probabilistic::new(share) {
                Ok(sampler) => self.below_callers(sampler),
                // Not reached: the share was checked when it was read.
                Err(_) => self.below_callers(AlwaysOn),
            },
        }
    }

    fn below_callers(self, root: impl Sampler + 'static) -> Box<dyn Sampler> {
        match self.is_parent_based {
            true => Box::new(ParentBased::new(root)),
            false => Box::new(root),
        }
    }
}

impl fmt::Display for SamplerSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_parent_based {
            f.write_str("parentbased_")?;
        }
        match self.root {
            RootSampler::AlwaysOn => f.write_str("always_on"),
            RootSampler::AlwaysOff => f.write_str("always_off"),
            RootSampler::Share(share) => write!(f, "traceidratio {share}"),
        }
    }
}
