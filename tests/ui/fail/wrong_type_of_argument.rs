use trace_core::{Trust, trace_root, traced};

#[traced(parent = self.0)]
fn no_context() {}

struct Job(u32);

impl Job {
    #[traced(parent = self.0)]
    async fn parent_is_a_number(&self) {}

    #[traced(links(self.0, "text"))]
    fn links_are_none(&self) {}

    #[trace_root(remote = self.0, trust = 1)]
    fn remote_is_a_number(&self) {}

    #[traced(err(|error| error > 1))]
    fn no_result(&self) -> u32 {
        let _ = Trust::Restart;
        1
    }

    #[traced(err(|error: &u32| *error > 1))]
    async fn no_result_by_another_name(&self) -> Option<u32> {
        None
    }

    #[traced(service = self.0)]
    fn service_is_a_number(&self) {}

    #[traced(err = status)]
    fn status_of_no_result(&self) -> u32 {
        1
    }

    #[traced(tags(length = |text| text.len() + other.len()))]
    async fn argument_is_moved(&self, other: String) -> String {
        other
    }

    #[traced(tags(ret.job = |_| Job(1)))]
    fn tag_is_a_job(&self) -> u32 {
        1
    }
}

fn main() {}
