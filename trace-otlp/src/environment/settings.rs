//! All settings as one value, which is read from a lookup, can be printed, and becomes a
//! builder.
//!
//! Owns the order in which variables are read. The rules of each group of variables are in
//! separate files. Reading does not access files or the environment.

use std::ffi::OsString;
use std::fmt;

use trace_core::conventions::UNKNOWN_SERVICE;
use trace_core::propagation::CompositePropagator;
use trace_core::{Limits, Tag, TraceCollector, Tracer, TracerBuilder, visible};

use super::error::EnvironmentError;
use super::exporter::OtlpSettings;
use super::exporters::{Exporter, read_exporters};
use super::features::Features;
use super::sampler::SamplerSetting;
use super::variables::{Variables, Warning};
use super::{batching, limits, others, resource};
#[cfg(feature = "json")]
use crate::JsonCollector;
use crate::redact::Redaction;

/// The settings of the environment: where spans go, how many are kept, and the name of the
/// service.
///
/// [`from_env`](super::from_env) reads these settings, reports their warnings and creates the
/// builder. Use this type to see which settings apply. It shows no secrets.
///
/// ```
/// use trace_otlp::environment::Settings;
///
/// let settings = Settings::from_variables("orders", |name| {
///     let value = match name {
///         "OTEL_TRACES_EXPORTER" => "console",
///         "OTEL_TRACES_SAMPLER" => "parentbased_traceidratio",
///         "OTEL_TRACES_SAMPLER_ARG" => "ten percent",
///         _ => return None,
///     };
///     Some(value.into())
/// });
/// assert_eq!(
///     settings.to_string(),
///     "spans of `orders` go to the console; sampler parentbased_traceidratio 1"
/// );
/// assert_eq!(
///     settings.warnings()[0].to_string(),
///     "`OTEL_TRACES_SAMPLER_ARG` is `ten percent`; expected a number from 0 to 1; \
///      it counts as not set"
/// );
/// let builder = settings.into_builder()?.tag("service.version", "1.2");
/// # let _ = builder;
/// # Ok::<(), trace_otlp::environment::EnvironmentError>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    service_name: String,
    /// The tags of `OTEL_RESOURCE_ATTRIBUTES`, without the name of the service.
    pub(super) tags: Vec<Tag>,
    is_disabled: bool,
    pub(super) exporters: Vec<Exporter>,
    /// `None` if no spans are sent by OTLP.
    pub(super) otlp: Option<Result<OtlpSettings, EnvironmentError>>,
    pub(super) sampler: SamplerSetting,
    limits: Limits,
    batching: batching::Batching,
    propagators: Option<String>,
    warnings: Vec<Warning>,
}

impl Settings {
    /// Reads the variables of this process.
    #[must_use]
    pub fn from_env(service_name: impl AsRef<str>) -> Self {
        Self::from_variables(service_name, |name| {
            #[expect(
                clippy::disallowed_methods,
                reason = "the application asks for it; nothing else of this crate reads settings"
            )]
            std::env::var_os(name)
        })
    }

    /// Reads variables from a lookup, which returns the value of a name; `None` if it is not
    /// set.
    #[must_use]
    pub fn from_variables(
        service_name: impl AsRef<str>,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        Self::read(service_name.as_ref(), &lookup, Features::BUILT)
    }

    pub(super) fn read(
        service_name: &str,
        lookup: &dyn Fn(&str) -> Option<OsString>,
        features: Features,
    ) -> Self {
        let mut variables = Variables::new(lookup);
        let is_disabled = variables.flag("OTEL_SDK_DISABLED").unwrap_or(false);
        let (name, tags) = resource::read(&mut variables);
        let mut exporters = read_exporters(&mut variables, features);
        let mut otlp = None;
        if let Some(default) = features.default_protocol()
            && exporters.contains(&Exporter::Otlp)
        {
            otlp = Some(OtlpSettings::read(&mut variables, features, default));
        } else {
            exporters.retain(|exporter| *exporter != Exporter::Otlp);
        }
        let sampler = SamplerSetting::read(&mut variables);
        let limits = limits::read(&mut variables);
        let batching = batching::read(&mut variables);
        let propagators = others::read(&mut variables);
        Self {
            service_name: name.unwrap_or_else(|| service_name.trim().to_owned()),
            tags,
            is_disabled,
            exporters,
            otlp,
            sampler,
            limits,
            batching,
            propagators,
            warnings: variables.into_warnings(),
        }
    }

    /// Returns the name of the service. Empty if neither the environment nor the application
    /// has given one.
    #[must_use]
    pub fn service_name(&self) -> &str {
        &self.service_name
    }

    /// Returns the settings that are not followed, in the order in which they were read.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns whether `OTEL_SDK_DISABLED` turns tracing off.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.is_disabled
    }

    /// Makes the propagator that `OTEL_PROPAGATORS` lists. The [builder](Self::into_builder)
    /// has it already, so `span::inject`, `propagation::extract` and the layers of
    /// `trace-http` use it once the tracer is installed.
    #[must_use]
    pub fn propagator(&self) -> CompositePropagator {
        let names = self.propagators.as_deref().unwrap_or_default();
        CompositePropagator::from_names(names).0
    }

    /// Makes the builder of a tracer that follows these settings. It detects the
    /// [resource](crate::resource), and hides [secrets](Redaction) in spans. To change which
    /// secrets are hidden, set another redactor on the builder.
    ///
    /// # Errors
    ///
    /// If the endpoint is not a URL, or a file for TLS cannot be read.
    pub fn into_builder(self) -> Result<TracerBuilder, EnvironmentError> {
        let mut builder = self.described();
        if self.propagators.is_some() {
            // Contexts are passed on even if nothing is recorded.
            builder = builder.propagator(self.propagator());
        }
        if self.is_disabled {
            return Ok(builder.disabled());
        }
        builder = builder.sampler(self.sampler.sampler()).limits(self.limits);
        builder = builder.redact(Redaction::standard());
        builder = self.batching.apply(builder);
        if self.exporters.is_empty() {
            // No exporter was requested, so the builder must not warn that it has no
            // collector.
            builder = builder.collector(());
        }
        for exporter in self.exporters {
            builder = match exporter {
                Exporter::Console => builder.collector(TraceCollector::printing()),
                #[cfg(feature = "json")]
                Exporter::JsonLines => builder.collector(JsonCollector::stdout()),
                // Not reached: a build without this exporter has removed it from the list.
                #[cfg(not(feature = "json"))]
                Exporter::JsonLines => builder,
                Exporter::Otlp => builder,
            };
        }
        match self.otlp {
            Some(otlp) => {
                let exporter = self.batching.apply_to_exporter(otlp?.into_builder()?);
                let exporter = exporter.build().map_err(EnvironmentError::no_exporter)?;
                Ok(builder.collector(exporter))
            }
            None => Ok(builder),
        }
    }

    /// Returns a builder with the detected resource. Values from variables win.
    fn described(&self) -> TracerBuilder {
        let name = match self.service_name.as_str() {
            // Source: semantic conventions, `service.name`.
            "" => match crate::resource::executable_name() {
                Some(program) => format!("{UNKNOWN_SERVICE}:{program}"),
                None => UNKNOWN_SERVICE.to_owned(),
            },
            name => name.to_owned(),
        };
        let tags = crate::resource::detect()
            .into_iter()
            .chain(self.tags.clone());
        tags.fold(Tracer::builder(name), |builder, tag| {
            builder.tag(tag.key, tag.value)
        })
    }
}

impl fmt::Display for Settings {
    /// Writes where spans go and which sampler decides, in one line without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = visible(&self.service_name, 200);
        if self.is_disabled {
            return write!(
                f,
                "nothing is recorded of `{name}`, as `OTEL_SDK_DISABLED` is `true`"
            );
        }
        write!(f, "spans of `{name}` go ")?;
        if self.exporters.is_empty() {
            f.write_str("nowhere")?;
        }
        let mut separator = "";
        for exporter in &self.exporters {
            f.write_str(separator)?;
            match (exporter, &self.otlp) {
                (Exporter::Otlp, Some(Ok(otlp))) => write!(f, "to {otlp}")?,
                (Exporter::Otlp, Some(Err(error))) => write!(f, "to no endpoint ({error})")?,
                (Exporter::Otlp, None) => f.write_str("to no endpoint")?,
                (Exporter::Console, _) => f.write_str("to the console")?,
                (Exporter::JsonLines, _) => f.write_str("to standard output as OTLP/JSON")?,
            }
            separator = ", and ";
        }
        write!(f, "; sampler {}", self.sampler)?;
        if self.limits != Limits::default() {
            write!(f, "; {:?}", self.limits)?;
        }
        write!(f, "{}", self.batching)?;
        if let Some(names) = &self.propagators {
            write!(f, "; propagators {}", visible(names, 200))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({self})")
    }
}
