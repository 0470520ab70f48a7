//! Which lines tell how sending goes: one as each trouble begins, and one when sending works
//! again.
//!
//! Within a minute, a trouble is told once, so that a server that comes and goes does not fill
//! the log. What came sooner waits until then, unless it was over before and nothing was lost.
//! Reads no clock and writes nothing: returns the lines.

use std::time::Duration;

use super::moment::Moment;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// Items wait.
    Retrying,
    /// Items are lost.
    Refused,
    /// Items go to another server than the first.
    Fallback,
    PartialSuccess,
    Unreadable,
    ListFull,
    TooOld,
    TooLarge,
}

/// The lines about one exporter.
pub(super) struct Lines {
    /// What is sent, in lines.
    items: &'static str,
    /// The trouble that was told and is not over.
    told: Option<Topic>,
    entries: [Entry; TOPICS.len()],
}

#[derive(Default)]
struct Entry {
    told_at: Option<Moment>,
    /// Whether the trouble goes on. Then it is no other line.
    goes_on: bool,
    /// The line that is to be told.
    waiting: Option<String>,
}

/// In the order in which lines that wait are told.
const TOPICS: [Topic; 8] = [
    Topic::PartialSuccess,
    Topic::Unreadable,
    Topic::ListFull,
    Topic::TooOld,
    Topic::TooLarge,
    Topic::Refused,
    Topic::Retrying,
    Topic::Fallback,
];

/// Shortest time between two lines about one topic.
const QUIET_TIME: Duration = Duration::from_secs(60);

impl Lines {
    pub(super) fn new(items: &'static str) -> Self {
        Self {
            items,
            told: None,
            entries: Default::default(),
        }
    }

    /// Notes a trouble, which takes the place of another. Returns the lines that are due.
    pub(super) fn fail(&mut self, now: Moment, trouble: Topic, line: String) -> Vec<String> {
        for topic in [Topic::Retrying, Topic::Refused, Topic::Fallback] {
            if topic != trouble {
                self.end(topic);
            }
        }
        self.note(now, trouble, line)
    }

    /// Notes that a server took items. `fallback` is the line about it if it is not the first.
    pub(super) fn succeed(
        &mut self,
        now: Moment,
        endpoint: &str,
        fallback: Option<String>,
    ) -> Vec<String> {
        for topic in [
            Topic::Retrying,
            Topic::Refused,
            Topic::ListFull,
            Topic::TooOld,
            Topic::TooLarge,
        ] {
            self.end(topic);
        }
        let is_fallback = fallback.is_some();
        let mut lines = match fallback {
            Some(line) => self.note(now, Topic::Fallback, line),
            None => {
                self.end(Topic::Fallback);
                self.due(now)
            }
        };
        let goes_on = is_fallback && self.told == Some(Topic::Fallback);
        if !goes_on && self.told.take().is_some() {
            lines.push(format!("`{endpoint}` takes {} again", self.items));
        }
        lines
    }

    /// Notes something that goes on until it [ends](Self::end). Returns the lines that are due.
    pub(super) fn note(&mut self, now: Moment, topic: Topic, line: String) -> Vec<String> {
        let entry = self.entry(topic);
        if !entry.goes_on || entry.waiting.is_some() {
            entry.waiting = Some(line);
        }
        entry.goes_on = true;
        self.due(now)
    }

    /// Notes that something is over.
    pub(super) fn end(&mut self, topic: Topic) {
        let entry = self.entry(topic);
        entry.goes_on = false;
        if matches!(topic, Topic::Retrying | Topic::Fallback) {
            // Nothing was lost.
            entry.waiting = None;
        }
    }

    /// Returns the lines that have waited long enough.
    pub(super) fn due(&mut self, now: Moment) -> Vec<String> {
        self.take(now, QUIET_TIME)
    }

    /// Returns all lines that wait.
    pub(super) fn rest(&mut self, now: Moment) -> Vec<String> {
        self.take(now, Duration::ZERO)
    }

    /// Returns after what time a line is due; `None` if none waits.
    pub(super) fn next_due(&self, now: Moment) -> Option<Duration> {
        let waiting = self.entries.iter().filter(|entry| entry.waiting.is_some());
        let times = waiting.map(|entry| match entry.told_at {
            Some(told_at) => QUIET_TIME.saturating_sub(now.since(told_at)),
            None => Duration::ZERO,
        });
        times.min()
    }

    fn take(&mut self, now: Moment, quiet_time: Duration) -> Vec<String> {
        let mut lines = Vec::new();
        for (topic, entry) in TOPICS.into_iter().zip(&mut self.entries) {
            let told_at = entry.told_at;
            if told_at.is_some_and(|told_at| now.since(told_at) < quiet_time) {
                continue;
            }
            let Some(line) = entry.waiting.take() else {
                continue;
            };
            entry.told_at = Some(now);
            if !entry.goes_on {
                lines.push(format!("earlier: {line}"));
                continue;
            }
            lines.push(line);
            if matches!(topic, Topic::Retrying | Topic::Refused | Topic::Fallback) {
                self.told = Some(topic);
            }
        }
        lines
    }

    fn entry(&mut self, topic: Topic) -> &mut Entry {
        let index = TOPICS.iter().position(|one| *one == topic);
        &mut self.entries[index.unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Lines at moments that the test chooses.
    struct Log {
        lines: Lines,
        now: Moment,
    }

    impl Log {
        fn new() -> Self {
            let (lines, now) = (Lines::new("spans"), Moment::now());
            Self { lines, now }
        }

        fn after(&mut self, seconds: u32) -> &mut Self {
            self.now = self.now.after(SECOND * seconds);
            self
        }

        fn fail(&mut self, trouble: Topic, line: &str) -> Vec<String> {
            self.lines.fail(self.now, trouble, line.to_owned())
        }

        fn succeed(&mut self, fallback: Option<&str>) -> Vec<String> {
            let fallback = fallback.map(str::to_owned);
            self.lines.succeed(self.now, "URL", fallback)
        }

        fn note(&mut self, topic: Topic) -> Vec<String> {
            self.lines.note(self.now, topic, format!("{topic:?}"))
        }

        fn due(&mut self) -> Vec<String> {
            self.lines.due(self.now)
        }
    }

    const NONE: [&str; 0] = [];
    const AGAIN: &str = "`URL` takes spans again";

    #[test]
    fn a_trouble_that_begins_within_the_quiet_time_is_told_after_it() {
        let mut log = Log::new();
        assert_eq!(log.fail(Topic::Retrying, "503"), ["503"]);
        assert_eq!(log.after(1).succeed(None), [AGAIN]);
        // The server is gone for good.
        assert_eq!(log.after(1).fail(Topic::Retrying, "no connection"), NONE);
        assert_eq!(log.after(20).fail(Topic::Retrying, "refused"), NONE);
        assert_eq!(log.lines.next_due(log.now), Some(SECOND * 38));
        assert_eq!(log.after(38).due(), ["refused"], "the latest");
        assert_eq!(log.lines.next_due(log.now), None);
        // It goes on, and is no other line.
        assert_eq!(log.after(300).fail(Topic::Retrying, "refused"), NONE);
        assert_eq!(log.after(1).succeed(None), [AGAIN]);
        assert_eq!(log.after(1).succeed(None), NONE);
    }

    #[test]
    fn a_server_that_comes_and_goes_is_two_lines_a_minute() {
        let mut log = Log::new();
        let mut lines = Vec::new();
        for _ in 0..60 {
            lines.extend(log.after(1).fail(Topic::Retrying, "503"));
            lines.extend(log.after(1).succeed(None));
        }
        assert_eq!(lines, ["503", AGAIN, "503", AGAIN]);
    }

    #[test]
    fn that_what_waited_is_lost_is_told_at_once() {
        let mut log = Log::new();
        assert_eq!(log.fail(Topic::Retrying, "503"), ["503"]);
        assert_eq!(log.after(1).fail(Topic::Refused, "401"), ["401"]);
        assert_eq!(log.after(1).fail(Topic::Refused, "401"), NONE);
        assert_eq!(log.after(1).succeed(None), [AGAIN]);
        // The next loss is over before it may be told.
        assert_eq!(log.after(1).fail(Topic::Refused, "403"), NONE);
        assert_eq!(log.after(1).succeed(None), NONE);
        assert_eq!(log.after(60).due(), ["earlier: 403"]);
        assert_eq!(log.succeed(None), NONE, "it was told as over");
    }

    #[test]
    fn losses_of_each_outage_are_told() {
        for topic in [Topic::ListFull, Topic::TooOld, Topic::TooLarge] {
            let (mut log, line) = (Log::new(), format!("{topic:?}"));
            assert_eq!(log.note(topic), [line.as_str()]);
            assert_eq!(log.after(100).note(topic), NONE, "the same outage");
            assert_eq!(log.succeed(None), NONE);
            assert_eq!(log.note(topic), [line.as_str()], "another");
            assert_eq!(log.succeed(None), NONE);
            assert_eq!(log.after(1).note(topic), NONE, "too soon");
            assert_eq!(log.succeed(None), NONE);
            assert_eq!(log.lines.rest(log.now), [format!("earlier: {line}")]);
        }
        for topic in [Topic::PartialSuccess, Topic::Unreadable] {
            let (mut log, line) = (Log::new(), format!("{topic:?}"));
            assert_eq!(log.note(topic), [line.as_str()]);
            assert_eq!(log.after(100).succeed(None), NONE);
            assert_eq!(log.note(topic), NONE, "each request says the same");
            log.lines.end(topic);
            assert_eq!(log.note(topic), [line.as_str()]);
        }
    }

    #[test]
    fn a_failover_is_told_and_so_is_the_way_back() {
        let mut log = Log::new();
        assert_eq!(log.succeed(Some("to B")), ["to B"]);
        assert_eq!(log.after(1).succeed(Some("to B")), NONE);
        assert_eq!(log.after(1).succeed(None), [AGAIN]);
        assert_eq!(log.after(1).succeed(Some("to B")), NONE, "too soon");
        assert_eq!(log.after(60).succeed(Some("to B")), ["to B"]);
        // Both are down, and one comes back.
        assert_eq!(log.after(1).fail(Topic::Retrying, "503"), ["503"]);
        assert_eq!(log.after(1).succeed(Some("to B")), [AGAIN]);
        assert_eq!(log.after(60).due(), ["to B"]);
        assert_eq!(log.after(1).succeed(None), [AGAIN]);
    }
}
