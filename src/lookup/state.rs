//! The part of a query that an issue's own state answers: `is:…`, `issue:…`, `assigned:…`.

use jiff::Timestamp;

use crate::lookup::LookupError;
use crate::model::issue::{Issue, Status, Substatus};
use crate::model::query::{Term, TermKind};

#[derive(Debug, Clone, Default)]
pub struct StateFilter {
    tests: Vec<(bool, Test)>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Status(Status),
    Substatus(Substatus),
    Assigned,
    Handled(bool),
}

impl StateFilter {
    /// Whether the term was one of ours.
    pub fn take(&mut self, term: &Term) -> Result<bool, LookupError> {
        let test = match &term.kind {
            TermKind::Is(word) => test(word)?,
            TermKind::Key { key, value } if key == "status" => test(value)?,
            TermKind::Has(key) if key == "assignee" => (false, Test::Assigned),
            _ => return Ok(false),
        };
        self.tests.push((test.0 != term.negated, test.1));
        Ok(true)
    }

    pub fn admits(&self, issue: &Issue) -> bool {
        let passes = |(denied, test): &(bool, Test)| test.holds(issue) != *denied;
        self.tests.iter().all(passes)
            && self.since.is_none_or(|since| issue.last_seen >= since)
            && self.until.is_none_or(|until| issue.first_seen < until)
    }

    /// Which statuses an issue may have.
    pub fn statuses(&self) -> Vec<Status> {
        let allows = |status: Status, (denied, test): &(bool, Test)| match test {
            Test::Status(named) => (*named == status) != *denied,
            _ => true,
        };
        Status::ALL.into_iter().filter(|&status| self.tests.iter().all(|test| allows(status, test))).collect()
    }

    /// Whether there is more to it than the status and the time it was last seen.
    pub fn needs_sifting(&self) -> bool {
        self.until.is_some() || self.tests.iter().any(|(_, test)| !matches!(test, Test::Status(_)))
    }
}

impl Test {
    fn holds(self, issue: &Issue) -> bool {
        match self {
            Self::Status(status) => issue.status == status,
            Self::Substatus(substatus) => issue.substatus == Some(substatus),
            Self::Assigned => issue.assigned_to.is_some(),
            Self::Handled(handled) => (issue.headline.handled != Some(false)) == handled,
        }
    }
}

/// The words behind `is:`, as Sentry has them; `true`: denied.
fn test(word: &str) -> Result<(bool, Test), LookupError> {
    let test = match word {
        "unresolved" => Test::Status(Status::Unresolved),
        "resolved" => Test::Status(Status::Resolved),
        "ignored" | "archived" | "muted" => Test::Status(Status::Ignored),
        "new" => Test::Substatus(Substatus::New),
        "ongoing" => Test::Substatus(Substatus::Ongoing),
        "escalating" => Test::Substatus(Substatus::Escalating),
        "regressed" => Test::Substatus(Substatus::Regressed),
        "archived_forever" => Test::Substatus(Substatus::ArchivedForever),
        "archived_until_condition_met" => Test::Substatus(Substatus::ArchivedUntilConditionMet),
        "archived_until_escalating" => Test::Substatus(Substatus::ArchivedUntilEscalating),
        "assigned" => Test::Assigned,
        "unassigned" => return Ok((true, Test::Assigned)),
        "handled" => Test::Handled(true),
        "unhandled" => Test::Handled(false),
        _ => return Err(LookupError::Query(format!("is:{word} is not known"))),
    };
    Ok((false, test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(words: &[&str]) -> StateFilter {
        let mut filter = StateFilter::default();
        for word in words {
            let bare = word.trim_start_matches('!');
            let term = Term { negated: bare != *word, kind: TermKind::Is(bare.into()) };
            assert!(filter.take(&term).expect(word));
        }
        filter
    }

    #[test]
    fn statuses_follow_from_the_words() {
        use Status::{Ignored, Resolved, Unresolved};
        let cases: [(&[&str], &[Status]); 5] = [
            (&[], &[Unresolved, Resolved, Ignored]),
            (&["unresolved"], &[Unresolved]),
            (&["!resolved"], &[Unresolved, Ignored]),
            (&["unresolved", "resolved"], &[]),
            (&["unassigned"], &[Unresolved, Resolved, Ignored]),
        ];
        for (words, expected) in cases {
            assert_eq!(filter(words).statuses(), expected, "{words:?}");
        }
    }

    #[test]
    fn only_statuses_are_an_index() {
        assert!(!filter(&["unresolved", "!ignored"]).needs_sifting());
        assert!(filter(&["unresolved", "unhandled"]).needs_sifting());
    }

    #[test]
    fn unknown_words_are_refused_and_other_terms_left_alone() {
        let mut filter = StateFilter::default();
        let word = Term { negated: false, kind: TermKind::Is("nonsense".into()) };
        assert!(filter.take(&word).is_err());
        let text = Term { negated: false, kind: TermKind::Text("resolved".into()) };
        assert!(!filter.take(&text).expect("no state"));
    }
}
