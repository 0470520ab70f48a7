//! Durations in a readable form.

use std::fmt;
use std::time::Duration;

/// Displays a duration with three significant digits, in ns, µs, ms or s.
///
/// Rounds half up. Below 1 µs the number is exact. From 1,000 s it is in whole seconds.
///
/// ```
/// use std::time::Duration;
/// use trace_core::HumanDuration;
///
/// let text = |nanos| HumanDuration(Duration::from_nanos(nanos)).to_string();
/// assert_eq!(text(999), "999 ns");
/// assert_eq!(text(1_234), "1.23 µs");
/// assert_eq!(text(30_000_000), "30.0 ms");
/// assert_eq!(text(999_999_999), "1.00 s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&text(self.0.as_nanos()))
    }
}

fn text(nanos: u128) -> String {
    if nanos < 1_000 {
        return format!("{nanos} ns");
    }
    const UNITS: [(u128, &str); 3] = [(1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s")];
    for (unit, name) in UNITS {
        for (decimals, below) in [(2, 10_u128), (1, 100), (0, 1_000)] {
            // The value is rounded before the number of decimals is chosen, so that 9.996
            // becomes 10.0 and not 10.00.
            let scale = 10_u128.pow(decimals);
            let digits = (nanos * scale + unit / 2) / unit;
            if digits < below * scale {
                let (whole, rest) = (digits / scale, digits % scale);
                return match decimals {
                    0 => format!("{whole} {name}"),
                    _ => format!("{whole}.{rest:0width$} {name}", width = decimals as usize),
                };
            }
        }
    }
    format!("{} s", (nanos + 500_000_000) / 1_000_000_000)
}
