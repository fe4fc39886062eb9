//! What a reproduction needs beside the event: which commits its release was made of.

use crate::findings::{Result, Sources};
use crate::insight::reproduction::{Checkout, Known, Reproduction, reproduce};
use crate::model::event::Event;

impl Sources<'_> {
    pub fn reproduction(&self, event: &Event) -> Result<Reproduction> {
        let release =
            event.release.as_deref().map(|version| self.store.find_release(version)).transpose()?.flatten();
        let checkouts = release.map(|release| {
            let heads = release.heads.into_iter();
            let heads: Vec<Checkout> = heads
                .map(|head| Checkout { repository: Some(head.repository), commit: head.commit })
                .collect();
            let last =
                release.last_commit.map(|last| Checkout { repository: last.repository, commit: last.id });
            if heads.is_empty() { last.into_iter().collect() } else { heads }
        });
        Ok(reproduce(event, &Known { checkouts: &checkouts.unwrap_or_default() }))
    }
}
