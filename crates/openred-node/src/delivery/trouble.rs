//! What a job that goes round cannot do: said once per cause, and again when it is over. On a full disk every turn
//! fails, and the log must not grow by it. Knows no job.

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Trouble(Option<String>);

impl Trouble {
    /// The job could not go on. Whether that is to be said.
    pub(super) fn is_new(&mut self, cause: &impl ToString) -> bool {
        let cause = Some(cause.to_string());
        let is_new = self.0 != cause;
        self.0 = cause;
        is_new
    }

    /// The job goes on. Whether that is to be said.
    pub(super) fn is_over(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_said_once_and_its_end_once() {
        let mut trouble = Trouble::default();
        assert!(!trouble.is_over(), "nothing was said");
        assert!(trouble.is_new(&"the disk is full"));
        assert!(!trouble.is_new(&"the disk is full"));
        assert!(trouble.is_new(&"the disk may only be read"));
        assert!(trouble.is_over());
        assert!(!trouble.is_over());
        assert!(trouble.is_new(&"the disk is full"), "it is back");
    }
}
