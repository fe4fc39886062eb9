//! The same failure on somebody's own machine: events of the issue that look local, or of another issue with the same exception in the same
//! function.

use crate::findings::{Result, Sources};
use crate::insight::side_by_side::local::{ENVIRONMENTS, HOSTS, SERVER_NAME_ENDS, failure, looks_local};
use crate::model::event::Event;
use crate::model::ids::ProjectId;
use crate::model::issue::{EventRef, Issue};
use crate::model::query::{Expr, Frames, Leaf, Query};
use crate::search::{EventOrder, Filter};

/// What somebody chooses from.
pub const LOCAL_EVENTS_MAX: usize = 5;
/// Events that search finds by names alone are read, to see whether they are what was asked for.
const READ_MAX: usize = 20;

pub struct LocalEvent {
    pub place: EventRef,
    pub event: Event,
    /// Of the issue itself.
    pub is_same_issue: bool,
}

impl Sources<'_> {
    /// The newest first; of the same issue where there is any.
    pub fn local_events(&self, issue: &Issue) -> Result<Vec<LocalEvent>> {
        let query = Query { tree: local() };
        let own = Filter { projects: Some(&[issue.project]), issue: Some(issue.id), ..Filter::of(&query) };
        let found = self.read_local(&own, &|_| true, issue)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let Some(place) = self.store.issue_events(issue.id, None, 1)?.pop() else { return Ok(Vec::new()) };
        let Some(stored) = self.reader.read(&place)? else { return Ok(Vec::new()) };
        // A star in a name would stand for anything.
        let named =
            failure(&stored.event).filter(|(kind, function)| !kind.contains('*') && !function.contains('*'));
        let Some((kind, function)) = named else { return Ok(Vec::new()) };
        let tree = Expr::all_of(vec![
            local(),
            Leaf::Tag { key: "error.type".to_owned(), value: kind.to_owned() }.into(),
            Leaf::Frame { text: function.to_owned(), of: Frames::InApp }.into(),
        ]);
        let query = Query { tree };
        let visible: Vec<ProjectId> =
            self.store.directory().projects.keys().copied().filter(|project| (self.sees)(*project)).collect();
        let filter = Filter { projects: Some(&visible), ..Filter::of(&query) };
        let is_same = |event: &Event| failure(event) == Some((kind, function));
        self.read_local(&filter, &is_same, issue)
    }

    fn read_local(
        &self,
        filter: &Filter<'_>,
        is_wanted: &dyn Fn(&Event) -> bool,
        issue: &Issue,
    ) -> Result<Vec<LocalEvent>> {
        let mut found = Vec::new();
        for hit in self.search.find_events(filter, EventOrder::Newest, None, READ_MAX)?.hits {
            if found.len() == LOCAL_EVENTS_MAX {
                break;
            }
            let Some(place) = self.store.find_event_by_seq(hit.week.0, hit.seq)? else { continue };
            let Some(stored) = self.reader.read(&place)?.filter(|_| (self.sees)(place.project)) else {
                continue;
            };
            if looks_local(&stored.event) && is_wanted(&stored.event) {
                found.push(LocalEvent { place, event: stored.event, is_same_issue: hit.issue == issue.id });
            }
        }
        Ok(found)
    }
}

/// What may be local, by what search has terms of; `looks_local` decides.
fn local() -> Expr {
    let tag = |key: &str, value: String| Expr::from(Leaf::Tag { key: key.to_owned(), value });
    let environments = ENVIRONMENTS.iter().map(|name| tag("environment", (*name).to_owned()));
    let hosts = HOSTS.iter().flat_map(|host| {
        let at = |scheme: &str, rest: &str| tag("url", format!("{scheme}://{host}{rest}"));
        [at("http", "/*"), at("http", ":*"), at("https", "/*"), at("https", ":*")]
    });
    let servers = SERVER_NAME_ENDS.iter().map(|end| tag("server_name", format!("*{end}")));
    Expr::any_of(environments.chain(hosts).chain(servers).collect())
}
