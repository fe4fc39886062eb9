//! A source map's JSON, taken apart: mappings by the `sourcemap` crate, texts of sources left where they lie.
//!
//! Texts are most of a map; they are neither unescaped nor copied here. Sections of an indexed map become one map
//! without being merged by name: two sources may share a name and differ in text.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sourcemap::{DecodedMap, RawToken, SourceMap};

use crate::artifacts::layout::NONE;

/// Sections inside sections: none that a tool writes.
const SECTIONS_NESTED_MAX: usize = 2;

pub struct Read<'a> {
    /// Regular, or Hermes with function names of its own.
    pub map: DecodedMap,
    /// Function names of an indexed map with Hermes sections, by token.
    pub section_scopes: Option<Vec<Option<Arc<str>>>>,
    /// JSON of the text of each source; may be shorter than the list of sources.
    pub contents: Vec<Option<&'a RawValue>>,
}

/// What is read of a map, and written again without the texts.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Slim<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    source_root: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    sources: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    names: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    mappings: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "x_facebook_sources", skip_serializing_if = "Option::is_none")]
    facebook_sources: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing)]
    sources_content: Option<Vec<Option<&'a RawValue>>>,
    #[serde(borrow, default, skip_serializing)]
    sections: Option<Vec<Section<'a>>>,
}

#[derive(Deserialize)]
struct Section<'a> {
    offset: Offset,
    #[serde(borrow, default)]
    map: Option<Box<Slim<'a>>>,
}

#[derive(Deserialize, Clone, Copy)]
struct Offset {
    line: u32,
    column: u32,
}

/// What is wrong with the map, in a sentence, where it can not be read.
pub fn read(json: &[u8]) -> Result<Read<'_>, String> {
    let text = std::str::from_utf8(without_junk(json)).map_err(|_| "it is not UTF-8".to_owned())?;
    let sent: Slim = serde_json::from_str(text).map_err(|error| format!("it is no source map: {error}"))?;
    if sent.mappings.is_none() && sent.sections.is_none() {
        return Err("it has neither `mappings` nor `sections`".to_owned());
    }
    if sent.sections.is_none() {
        let (map, contents) = decode(sent)?;
        return Ok(Read { map, section_scopes: None, contents });
    }
    let mut joined = Joined::default();
    joined.take(sent, Offset { line: 0, column: 0 }, 0)?;
    Ok(joined.finish())
}

/// Some servers put `)]}'` and the like before JSON, some tools a byte order mark.
fn without_junk(json: &[u8]) -> &[u8] {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    match json.first() {
        Some(b')' | b']' | b'}' | b'\'') => {
            let line = memchr::memchr(b'\n', json).unwrap_or(json.len());
            &json[line..]
        }
        _ => json,
    }
}

type Contents<'a> = Vec<Option<&'a RawValue>>;

fn decode(mut sent: Slim<'_>) -> Result<(DecodedMap, Contents<'_>), String> {
    let contents = sent.sources_content.take().unwrap_or_default();
    let slim = serde_json::to_vec(&sent).map_err(|error| error.to_string())?;
    drop(sent);
    let map =
        sourcemap::decode_slice(&slim).map_err(|error| format!("its mappings can not be read: {error}"))?;
    Ok((map, contents))
}

/// Sections, one behind the other.
#[derive(Default)]
struct Joined<'a> {
    tokens: Vec<(RawToken, Option<Arc<str>>)>,
    names: Vec<Arc<str>>,
    sources: Vec<Arc<str>>,
    contents: Contents<'a>,
    has_scopes: bool,
}

impl<'a> Joined<'a> {
    fn take(&mut self, sent: Slim<'a>, at: Offset, depth: usize) -> Result<(), String> {
        let Some(sections) = sent.sections else { return self.take_section(sent, at) };
        if depth >= SECTIONS_NESTED_MAX {
            return Err("its sections hold sections".to_owned());
        }
        for section in sections {
            let inner = Offset {
                line: at.line.saturating_add(section.offset.line),
                column: section.offset.column.saturating_add(if section.offset.line == 0 {
                    at.column
                } else {
                    0
                }),
            };
            let map = section.map.ok_or("a section names its map by URL and does not hold it")?;
            self.take(*map, inner, depth + 1)?;
        }
        Ok(())
    }

    fn take_section(&mut self, sent: Slim<'a>, at: Offset) -> Result<(), String> {
        let (map, contents) = decode(sent)?;
        let (regular, hermes) = match &map {
            DecodedMap::Regular(map) => (map, None),
            DecodedMap::Hermes(map) => (&**map, Some(map)),
            DecodedMap::Index(_) => return Err("its sections hold sections".to_owned()),
        };
        let (first_source, first_name) = (small(self.sources.len())?, small(self.names.len())?);
        let start = (at.line, at.column);
        if regular.tokens().next().is_none_or(|token| token.get_dst() != (0, 0)) {
            // What stands before the section's first mapping is its own, not the section's before.
            let nothing = RawToken {
                dst_line: start.0,
                dst_col: start.1,
                src_line: NONE,
                src_col: NONE,
                src_id: NONE,
                name_id: NONE,
                is_range: false,
            };
            self.tokens.push((nothing, None));
        }
        for token in regular.tokens() {
            let mut raw = token.get_raw_token();
            let moved = if raw.dst_line == 0 { at.column } else { 0 };
            raw.dst_col = raw.dst_col.saturating_add(moved);
            raw.dst_line = raw.dst_line.saturating_add(at.line);
            raw.src_id = shifted(raw.src_id, first_source);
            raw.name_id = shifted(raw.name_id, first_name);
            let scope = hermes.and_then(|map| map.get_scope_for_token(token)).map(Arc::from);
            self.has_scopes |= scope.is_some();
            self.tokens.push((raw, scope));
        }
        self.names.extend(regular.names().map(Arc::from));
        self.sources.extend(regular.sources().map(Arc::from));
        self.contents.extend(contents);
        self.contents.resize(self.sources.len(), None);
        Ok(())
    }

    fn finish(mut self) -> Read<'a> {
        // Stable: of mappings of one position the first counts.
        self.tokens.sort_by_key(|(token, _)| (token.dst_line, token.dst_col));
        let scopes =
            self.has_scopes.then(|| self.tokens.iter().map(|(_, scope)| scope.clone()).collect::<Vec<_>>());
        let tokens = self.tokens.into_iter().map(|(token, _)| token).collect();
        let map = SourceMap::new(None, tokens, self.names, self.sources, None);
        Read { map: DecodedMap::Regular(map), section_scopes: scopes, contents: self.contents }
    }
}

fn shifted(id: u32, first: u32) -> u32 {
    if id == NONE { NONE } else { id.saturating_add(first) }
}

fn small(count: usize) -> Result<u32, String> {
    u32::try_from(count).map_err(|_| "it has too many sources or names".to_owned())
}
