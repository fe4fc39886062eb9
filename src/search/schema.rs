//! The index's fields and its version. A change of either field or tokenizer raises [`VERSION`], and the index is
//! rebuilt from the store.

use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};

/// Stands in every index folder.
pub(super) const VERSION: &str = "5";
pub(super) const ANALYZER: &str = "code";

pub(super) const SEQ: &str = "seq";
pub(super) const ISSUE: &str = "issue";
pub(super) const TIMESTAMP: &str = "timestamp";
pub(super) const PERSON: &str = "person";

/// Nothing is stored: `seq` leads to the event, and the event says where it matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub seq: Field,
    pub issue: Field,
    pub project: Field,
    /// Milliseconds since 1970, the event's own time.
    pub timestamp: Field,
    /// Tells the people behind events apart: see `document::person`. 0 where nobody is named.
    pub person: Field,
    /// Exact terms: see `keys`.
    pub key: Field,
    /// Exceptions, message, culprit, transaction.
    pub headline: Field,
    /// Functions, modules, files and source lines of the team's own frames …
    pub frame: Field,
    /// … and of all others. Apart, so that `in_app:` can tell them without a second copy of either.
    pub library: Field,
    pub breadcrumb: Field,
    /// Tags, request, user, release, environment, contexts, extra.
    pub detail: Field,
}

impl Fields {
    pub fn texts(self) -> [Field; 5] {
        [self.headline, self.frame, self.library, self.breadcrumb, self.detail]
    }
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let column = NumericOptions::default().set_fast();
    let listed = NumericOptions::default().set_indexed();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(ANALYZER)
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        seq: schema.add_u64_field(SEQ, column.clone()),
        issue: schema.add_u64_field(ISSUE, listed.clone().set_fast()),
        project: schema.add_u64_field("project", listed),
        timestamp: schema.add_i64_field(TIMESTAMP, column.clone()),
        person: schema.add_u64_field(PERSON, column),
        key: schema.add_bytes_field("key", BytesOptions::default().set_indexed()),
        headline: schema.add_text_field("headline", text.clone()),
        frame: schema.add_text_field("frame", text.clone()),
        library: schema.add_text_field("library", text.clone()),
        breadcrumb: schema.add_text_field("breadcrumb", text.clone()),
        detail: schema.add_text_field("detail", text),
    };
    (schema.build(), fields)
}
