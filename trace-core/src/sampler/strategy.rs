//! The name of a sampler in a configuration file.
//!
//! Owns the serialized form. The samplers themselves are in their own files.

use super::invalid_sample_rate::InvalidSampleRate;
use super::{AlwaysOff, AlwaysOn, ParentBased, Probabilistic, RateLimited, Sampler};

/// The name of a sampler for traces that start here, for a configuration file.
///
/// With the feature `serde`, the serialized form is `"always"`, `"never"`, `{"probabilistic":
/// 0.1}` or `{"rate_limited": {"per_second": 5.0}}`.
///
/// ```
/// use trace_core::SamplingStrategy;
///
/// let sampler = SamplingStrategy::RateLimited { per_second: 5.0 }.sampler()?;
/// # let _ = sampler;
/// assert_eq!(
///     SamplingStrategy::Probabilistic(2.0).sampler().err().unwrap().to_string(),
///     "sample rate is `2`; expected a number from 0.0 to 1.0"
/// );
/// # Ok::<(), trace_core::InvalidSampleRate>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum SamplingStrategy {
    /// Records all traces; see [`AlwaysOn`].
    #[default]
    Always,
    /// Records no traces; see [`AlwaysOff`].
    Never,
    /// Records this share of the traces, 0.0 to 1.0; see [`Probabilistic`].
    Probabilistic(f64),
    /// Limits the number of recorded traces a second; see [`RateLimited`].
    RateLimited {
        /// Traces a second, 0.0 or more.
        per_second: f64,
    },
}

impl SamplingStrategy {
    /// Makes the sampler. It is [`ParentBased`]: a trace from a caller is recorded if the
    /// caller records it, even with [`Never`](Self::Never). To record no traces at all, use
    /// [`AlwaysOff`] directly.
    ///
    /// # Errors
    ///
    /// If the rate is outside its range, or not a number.
    pub fn sampler(self) -> Result<Box<dyn Sampler>, InvalidSampleRate> {
        Ok(match self {
            Self::Always => Box::new(ParentBased::new(AlwaysOn)),
            Self::Never => Box::new(ParentBased::new(AlwaysOff)),
            Self::Probabilistic(rate) => Box::new(ParentBased::new(Probabilistic::new(rate)?)),
            Self::RateLimited { per_second } => {
                Box::new(ParentBased::new(RateLimited::per_second(per_second)?))
            }
        })
    }
}

#[cfg(feature = "serde")]
mod serde_named {
    use std::fmt;

    use serde_core::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
    use serde_core::de::{
        Deserialize, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
    };
    use serde_core::ser::{Serialize, SerializeStructVariant, Serializer};

    use super::SamplingStrategy;
    use crate::value::serialized::{Variant, deserialize_fields};

    const TYPE: &str = "SamplingStrategy";
    const NAMES: &[&str] = &["always", "never", "probabilistic", "rate_limited"];

    impl Serialize for SamplingStrategy {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Always => serializer.serialize_unit_variant(TYPE, 0, NAMES[0]),
                Self::Never => serializer.serialize_unit_variant(TYPE, 1, NAMES[1]),
                Self::Probabilistic(rate) => {
                    serializer.serialize_newtype_variant(TYPE, 2, NAMES[2], rate)
                }
                Self::RateLimited { per_second } => {
                    let mut fields = serializer.serialize_struct_variant(TYPE, 3, NAMES[3], 1)?;
                    fields.serialize_field("per_second", per_second)?;
                    fields.end()
                }
            }
        }
    }

    impl<'de> Deserialize<'de> for SamplingStrategy {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_enum(TYPE, NAMES, StrategyVisitor)
        }
    }

    struct StrategyVisitor;

    impl<'de> Visitor<'de> for StrategyVisitor {
        type Value = SamplingStrategy;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("enum SamplingStrategy")
        }

        fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<SamplingStrategy, A::Error> {
            let (name, variant) = data.variant_seed(Variant(NAMES))?;
            match name {
                "always" => variant.unit_variant().map(|()| SamplingStrategy::Always),
                "never" => variant.unit_variant().map(|()| SamplingStrategy::Never),
                "probabilistic" => variant
                    .newtype_variant()
                    .map(SamplingStrategy::Probabilistic),
                "rate_limited" => variant
                    .struct_variant(&["per_second"], RateVisitor)
                    .map(|Rate { per_second }| SamplingStrategy::RateLimited { per_second }),
                other => Err(A::Error::unknown_variant(other, NAMES)),
            }
        }
    }

    /// The fields of `RateLimited`.
    struct Rate {
        per_second: f64,
    }

    deserialize_fields!(Rate { per_second });

    struct RateVisitor;

    impl<'de> Visitor<'de> for RateVisitor {
        type Value = Rate;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("struct variant SamplingStrategy::RateLimited")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Rate, A::Error> {
            Rate::deserialize(MapAccessDeserializer::new(fields))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<Rate, A::Error> {
            Rate::deserialize(SeqAccessDeserializer::new(fields))
        }
    }
}
