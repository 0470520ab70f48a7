//! A page for users of `opentelemetry-otlp`: each option and variable, there and here. It
//! contains no code.
//!
#![doc = include_str!("../docs/from-opentelemetry.md")]

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use crate::environment::Settings;

    const PAGE: &str = include_str!("../docs/from-opentelemetry.md");

    #[test]
    fn each_variable_that_is_read_is_on_the_page() {
        let read = RefCell::new(BTreeSet::new());
        let _settings = Settings::from_variables("orders", |name| {
            read.borrow_mut().insert(name.to_owned());
            let value = match name {
                "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN" => "logs",
                "OTEL_METRICS_EXPORTER" => "otlp",
                "OTEL_TRACES_SAMPLER" => "traceidratio",
                _ => return None,
            };
            Some(value.into())
        });
        let read = read.into_inner();
        assert!(read.len() > 40, "{read:?}");
        for name in read {
            let of_signal = ["LOGS_", "METRICS_", "TRACES_"]
                .into_iter()
                .find_map(|signal| {
                    let name = name.strip_prefix("OTEL_EXPORTER_OTLP_")?;
                    name.strip_prefix(signal)
                });
            let base = match of_signal {
                Some(rest) => format!("OTEL_EXPORTER_OTLP_{rest}"),
                None => name,
            };
            // A name may stand behind another one, without what both begin with.
            let short = base.strip_prefix("OTEL_EXPORTER_OTLP").unwrap_or(&base);
            let is_there = [&*base, short].map(|name| PAGE.contains(&format!("`{name}`")));
            assert!(is_there.contains(&true), "{base}");
        }
    }

    #[test]
    fn each_option_of_the_exporter_is_on_the_page() {
        let sources = concat!(
            include_str!("export/builder.rs"),
            include_str!("export/signals.rs")
        );
        let options = sources.lines().filter_map(|line| {
            let rest = line.strip_prefix("    pub fn ")?;
            let name = rest.split(['(', '<']).next()?;
            (!["builder", "build"].contains(&name)).then_some(name)
        });
        let options: Vec<_> = options.collect();
        assert!(options.len() > 20, "{options:?}");
        for option in options {
            assert!(PAGE.contains(&format!(".{option}(")), "{option}");
        }
    }
}
