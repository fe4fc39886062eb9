//! Shows a document to the engine as it stands, without copying it into the engine's own.

use std::iter::Empty;

use tantivy::schema::Field;
use tantivy::schema::document::{Document as EngineDocument, ReferenceValue, ReferenceValueLeaf, Value};

use crate::search::document::Document;
use crate::search::schema::Fields;

/// One document and the fields it goes into.
pub(super) struct Row {
    pub document: Document,
    pub fields: Fields,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Unsigned(u64),
    Signed(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> for Cell<'a> {
    type ArrayIter = Empty<Self>;
    type ObjectIter = Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Self::Unsigned(number) => ReferenceValueLeaf::U64(number),
            Self::Signed(number) => ReferenceValueLeaf::I64(number),
            Self::Text(text) => ReferenceValueLeaf::Str(text),
            Self::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
        })
    }
}

impl EngineDocument for Row {
    type Value<'a> = Cell<'a>;
    type FieldsValuesIter<'a> = Box<dyn Iterator<Item = (Field, Cell<'a>)> + 'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let (document, fields) = (&self.document, self.fields);
        let numbers = [
            (fields.seq, Cell::Unsigned(document.seq)),
            (fields.issue, Cell::Unsigned(document.issue)),
            (fields.project, Cell::Unsigned(document.project)),
            (fields.timestamp, Cell::Signed(document.timestamp)),
            (fields.person, Cell::Unsigned(document.person.into())),
        ];
        let keys = document.keys.iter().map(move |key| (fields.key, Cell::Bytes(key)));
        let texts = fields.texts().into_iter().zip(&document.texts);
        let texts = texts.filter(|(_, text)| !text.is_empty()).map(|(field, text)| (field, Cell::Text(text)));
        Box::new(numbers.into_iter().chain(keys).chain(texts))
    }
}
