//! What models made of issues: the newest of each issue, with all that was sent; and how many tokens that took, by the day.
//!
//! A row is there from the moment it is asked for. One that is still being made when the server starts was interrupted.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::explanation::{
    Answer, ExplainFailure, Explanation, ExplanationId, FailureCode, Feedback, Question, TokenUse,
    TokensToday,
};
use crate::model::ids::IssueId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{pair, u64_at};
use crate::store::ledger::day;
use crate::store::schema::{
    EXPLANATIONS, ISSUE_EXPLANATIONS, MODEL_TOKENS, RUNNING_EXPLANATIONS, meta, next_number,
};

/// Of one issue; the oldest makes room.
pub const EXPLANATIONS_MAX: usize = 20;
/// Of one issue, all together: what was sent may be half a million bytes each time. The newest stays whatever it has.
const ISSUE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Of one explanation.
pub const QUESTIONS_MAX: usize = 30;
/// Explanations that go in one transaction.
const PRUNED_MAX: usize = 500;
/// Days of which the tokens are remembered.
const TOKEN_DAYS: u32 = 92;

fn put(txn: &WriteTransaction, explanation: &Explanation) -> Result<()> {
    let row = encode(explanation)?;
    let key = pair(explanation.issue.0, explanation.id.0);
    txn.open_table(EXPLANATIONS)?.insert(explanation.id.0, row.as_slice())?;
    txn.open_table(ISSUE_EXPLANATIONS)?.insert(&key, row.len() as u64)?;
    Ok(())
}

fn find(txn: &WriteTransaction, id: ExplanationId) -> Result<Option<Explanation>> {
    let table = txn.open_table(EXPLANATIONS)?;
    table.get(id.0)?.map(|row| decode(row.value())).transpose()
}

fn forget(txn: &WriteTransaction, issue: IssueId, id: u64) -> Result<()> {
    txn.open_table(EXPLANATIONS)?.remove(id)?;
    txn.open_table(ISSUE_EXPLANATIONS)?.remove(&pair(issue.0, id))?;
    txn.open_table(RUNNING_EXPLANATIONS)?.remove(id)?;
    Ok(())
}

/// Keeps the newest of an issue.
fn make_room(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    let mut doomed = Vec::new();
    let mut bytes = 0;
    for (kept, row) in
        txn.open_table(ISSUE_EXPLANATIONS)?.range::<&[u8; 16]>(&first..=&last)?.rev().enumerate()
    {
        let (key, size) = row?;
        bytes += size.value();
        if kept > 0 && (kept >= EXPLANATIONS_MAX || bytes > ISSUE_BYTES_MAX) {
            doomed.push(u64_at(key.value(), 8));
        }
    }
    doomed.into_iter().try_for_each(|id| forget(txn, issue, id))
}

fn count_tokens(txn: &WriteTransaction, is_asked: bool, tokens: TokenUse, now: Timestamp) -> Result<()> {
    let used = u64::from(tokens.prompt) + u64::from(tokens.completion);
    let today = day(now);
    let mut table = txn.open_table(MODEL_TOKENS)?;
    let before = table.get((today, is_asked))?.map_or(0, |row| row.value());
    table.insert((today, is_asked), before.saturating_add(used))?;
    table.retain_in(..(today.saturating_sub(TOKEN_DAYS), false), |_, _| false)?;
    Ok(())
}

/// All of an issue that is erased.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let (first, last) = (pair(issue.0, 0), pair(issue.0, u64::MAX));
    let rows = txn.open_table(ISSUE_EXPLANATIONS)?;
    let ids = rows.range::<&[u8; 16]>(&first..=&last)?.map(|row| Ok(u64_at(row?.0.value(), 8)));
    let ids = ids.collect::<Result<Vec<_>>>()?;
    drop(rows);
    ids.into_iter().try_for_each(|id| forget(txn, issue, id))
}

impl Store {
    /// Writes down that one is being made, under a number of its own.
    pub fn start_explanation(&self, explanation: Explanation) -> Result<Explanation> {
        self.write(|txn| {
            let id = ExplanationId(next_number(txn, meta::LAST_EXPLANATION)?);
            let explanation = Explanation { id, ..explanation };
            put(txn, &explanation)?;
            txn.open_table(RUNNING_EXPLANATIONS)?.insert(id.0, ())?;
            make_room(txn, explanation.issue)?;
            Ok(explanation)
        })
    }

    /// How it ended. `None`: it, or its issue, is gone meanwhile; the tokens count all the same.
    pub fn finish_explanation(
        &self,
        id: ExplanationId,
        outcome: std::result::Result<Answer, ExplainFailure>,
        tokens: TokenUse,
        is_asked: bool,
        now: Timestamp,
    ) -> Result<Option<Explanation>> {
        self.write(|txn| {
            count_tokens(txn, is_asked, tokens, now)?;
            txn.open_table(RUNNING_EXPLANATIONS)?.remove(id.0)?;
            let Some(mut explanation) = find(txn, id)? else { return Ok(None) };
            let (answer, failure) = match outcome {
                Ok(answer) => (Some(answer), None),
                Err(failure) => (None, Some(failure)),
            };
            let took = now.duration_since(explanation.asked).as_millis();
            explanation.took_ms = u64::try_from(took).unwrap_or(0);
            (explanation.answer, explanation.failure) = (answer, failure);
            (explanation.tokens, explanation.finished) = (tokens, Some(now));
            put(txn, &explanation)?;
            Ok(Some(explanation))
        })
    }

    /// What a server that was stopped left unfinished.
    pub fn interrupt_explanations(&self, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            let mut running = txn.open_table(RUNNING_EXPLANATIONS)?;
            let ids = running.iter()?.map(|row| Ok(row?.0.value())).collect::<Result<Vec<_>>>()?;
            for id in ids {
                running.remove(id)?;
                let Some(mut explanation) = find(txn, ExplanationId(id))? else { continue };
                explanation.finished = Some(now);
                explanation.failure = Some(ExplainFailure {
                    code: FailureCode::Interrupted,
                    detail: "The server was stopped while the answer was made".to_owned(),
                    retry_after: Some(0),
                });
                put(txn, &explanation)?;
            }
            Ok(())
        })
    }

    pub fn find_explanation(&self, id: ExplanationId) -> Result<Option<Explanation>> {
        let table = self.inner.state.begin_read()?.open_table(EXPLANATIONS)?;
        table.get(id.0)?.map(|row| decode(row.value())).transpose()
    }

    /// Those of an issue and of what was merged into it, newest first.
    pub fn explanations(&self, issue: IssueId, limit: usize) -> Result<Vec<Explanation>> {
        let txn = self.inner.state.begin_read()?;
        let (by_issue, table) = (txn.open_table(ISSUE_EXPLANATIONS)?, txn.open_table(EXPLANATIONS)?);
        let mut ids = Vec::new();
        for part in self.merges().parts(issue) {
            let (first, last) = (pair(part.0, 0), pair(part.0, u64::MAX));
            for row in by_issue.range::<&[u8; 16]>(&first..=&last)?.rev().take(limit) {
                ids.push(u64_at(row?.0.value(), 8));
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.truncate(limit);
        let rows = ids.into_iter().map(|id| table.get(id)?.map(|row| decode(row.value())).transpose());
        rows.filter_map(Result::transpose).collect()
    }

    /// What somebody thinks of it. `None`: it is gone.
    pub fn rate_explanation(&self, id: ExplanationId, feedback: Feedback) -> Result<Option<Explanation>> {
        self.write(|txn| {
            let Some(mut explanation) = find(txn, id)? else { return Ok(None) };
            explanation.feedback = Some(feedback);
            put(txn, &explanation)?;
            Ok(Some(explanation))
        })
    }

    /// A question to it, and what became of it. `false`: it is gone, or has as many as it may.
    pub fn add_question(&self, id: ExplanationId, question: Question, is_asked: bool) -> Result<bool> {
        self.write(|txn| {
            count_tokens(txn, is_asked, question.tokens, question.at)?;
            let Some(mut explanation) = find(txn, id)? else { return Ok(false) };
            if explanation.questions.len() >= QUESTIONS_MAX {
                return Ok(false);
            }
            explanation.questions.push(question);
            put(txn, &explanation)?;
            Ok(true)
        })
    }

    /// What models read and wrote on the day of `now`, in UTC.
    pub fn tokens_today(&self, now: Timestamp) -> Result<TokensToday> {
        let table = self.inner.state.begin_read()?.open_table(MODEL_TOKENS)?;
        let used = |is_asked| {
            Ok::<_, crate::store::StoreError>(table.get((day(now), is_asked))?.map_or(0, |row| row.value()))
        };
        Ok(TokensToday { automatic: used(false)?, asked: used(true)? })
    }

    /// Forgets what was asked for before `before`: the events that it speaks of are gone. Answers how many there were.
    pub fn prune_explanations(&self, before: Timestamp) -> Result<usize> {
        let old = {
            let table = self.inner.state.begin_read()?.open_table(EXPLANATIONS)?;
            let mut old = Vec::new();
            // Numbers ascend with time.
            for row in table.iter()?.take(PRUNED_MAX) {
                let explanation: Explanation = decode(row?.1.value())?;
                if explanation.asked >= before {
                    break;
                }
                old.push((explanation.issue, explanation.id));
            }
            old
        };
        if old.is_empty() {
            return Ok(0);
        }
        self.write(|txn| old.iter().try_for_each(|(issue, id)| forget(txn, *issue, id.0)))?;
        Ok(old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::explanation::{AskedBy, EvidencePack};
    use crate::model::ids::{AccountId, EventId};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn asked(issue: u64, bytes: usize) -> Explanation {
        let pack = EvidencePack {
            event: EventId([1; 16]),
            facts: Vec::new(),
            left_out: Vec::new(),
            redactions: Vec::new(),
            tokens: 100,
            tokens_max: 1_000,
            digest: String::new(),
        };
        Explanation {
            id: ExplanationId(0),
            issue: IssueId(issue),
            asked: at("2026-11-27T10:00:00Z"),
            by: AskedBy::Program,
            prompt: "explain".into(),
            prompt_version: "1".into(),
            model: "small".into(),
            pack,
            sent: vec![("user".into(), "x".repeat(bytes))],
            finished: None,
            answer: None,
            failure: None,
            tokens: TokenUse::default(),
            took_ms: 0,
            feedback: None,
            questions: Vec::new(),
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("a store");
        (dir, store)
    }

    #[test]
    fn the_newest_of_an_issue_are_kept_within_their_bytes() {
        let (_dir, store) = store();
        for _ in 0..EXPLANATIONS_MAX + 3 {
            store.start_explanation(asked(1, 10)).expect("started");
        }
        store.start_explanation(asked(2, 10)).expect("started");
        let kept = store.explanations(IssueId(1), 100).expect("read");
        assert_eq!(kept.len(), EXPLANATIONS_MAX);
        assert!(kept[0].id > kept[1].id, "newest first");
        for _ in 0..4 {
            store.start_explanation(asked(1, 3 * 1024 * 1024)).expect("started");
        }
        assert_eq!(
            store.explanations(IssueId(1), 100).expect("read").len(),
            1,
            "the newest, whatever it has"
        );
        assert_eq!(store.explanations(IssueId(2), 100).expect("read").len(), 1);
    }

    #[test]
    fn what_a_stop_left_unfinished_is_interrupted() {
        let (dir, store) = store();
        let running = store.start_explanation(asked(1, 10)).expect("started").id;
        let ended = store.start_explanation(asked(1, 10)).expect("started").id;
        let tokens = TokenUse { prompt: 70, completion: 30, estimated: false };
        let now = at("2026-11-27T10:00:02Z");
        let done =
            store.finish_explanation(ended, Ok(Answer::default()), tokens, true, now).expect("finished");
        assert_eq!(done.expect("there").took_ms, 2_000);
        drop(store);
        let store = Store::open(dir.path()).expect("again");
        store.interrupt_explanations(now).expect("interrupted");
        let of = |id| store.find_explanation(id).expect("read").expect("there");
        assert_eq!(of(running).failure.expect("failed").code, FailureCode::Interrupted);
        assert!(of(ended).failure.is_none() && of(ended).answer.is_some());
        assert_eq!(store.tokens_today(now).expect("read"), TokensToday { automatic: 0, asked: 100 });
        assert_eq!(store.tokens_today(at("2026-11-28T00:00:00Z")).expect("read"), TokensToday::default());
    }

    #[test]
    fn questions_have_an_end_and_feedback_is_the_last() {
        let (_dir, store) = store();
        let id = store.start_explanation(asked(1, 10)).expect("started").id;
        let question = Question {
            at: at("2026-11-27T10:00:00Z"),
            by: AskedBy::Person(AccountId(1)),
            text: "why?".into(),
            calls: Vec::new(),
            reply: None,
            failure: None,
            tokens: TokenUse { prompt: 1, completion: 1, estimated: true },
            took_ms: 1,
        };
        for _ in 0..QUESTIONS_MAX {
            assert!(store.add_question(id, question.clone(), true).expect("added"));
        }
        assert!(!store.add_question(id, question, true).expect("refused"));
        for helpful in [false, true] {
            let at = at("2026-11-27T10:00:00Z");
            let feedback = Feedback { helpful, note: String::new(), by: AccountId(1), at };
            store.rate_explanation(id, feedback).expect("rated").expect("there");
        }
        assert!(store.find_explanation(id).expect("read").expect("there").feedback.expect("rated").helpful);
    }

    #[test]
    fn what_is_erased_leaves_nothing() {
        let (_dir, store) = store();
        for issue in [1, 1, 2] {
            store.start_explanation(asked(issue, 10)).expect("started");
        }
        store.write(|txn| remove(txn, IssueId(1))).expect("removed");
        assert!(store.explanations(IssueId(1), 10).expect("read").is_empty());
        assert_eq!(store.prune_explanations(at("2026-11-27T10:00:01Z")).expect("pruned"), 1);
        let counts = crate::store::schema::row_counts(&store);
        let left = ["explanations", "issue_explanations", "running_explanations"].map(|table| counts[table]);
        assert_eq!(left, [0, 0, 0]);
    }
}
