//! Writes a look-up file, in one pass and with little of it in memory: texts go through one at a time.

use std::borrow::Cow;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;

use sourcemap::{DecodedMap, RawToken, SourceMap};

use crate::artifacts::convert::read::Read;
use crate::artifacts::convert::scopes::Scopes;
use crate::artifacts::convert::strings::Strings;
use crate::artifacts::layout::{FENCE, HEADER_BYTES, Header, NONE};

/// A look-up file whose texts are written.
pub struct Begun<W> {
    out: Counting<W>,
    map: DecodedMap,
    section_scopes: Option<Vec<Option<Arc<str>>>>,
    strings: Strings,
    sources: Vec<(u32, Option<Text>)>,
    /// Texts of sources that frames can lie in are missing.
    pub lacks_contents: bool,
}

/// Writes the texts. After this the map's own bytes are needed no more.
pub fn begin<W: Write + Seek>(read: Read<'_>, out: W) -> io::Result<Begun<W>> {
    let Read { map, section_scopes, contents } = read;
    let mut strings = Strings::default();
    let mut out = Counting { out, bytes: 0 };
    out.write_all(&[0; HEADER_BYTES])?;
    let (mut sources, mut lacks_contents) = (Vec::new(), false);
    {
        let regular = regular(&map)?;
        let used = used_sources(regular);
        for (index, name) in regular.sources().enumerate() {
            let json = contents.get(index).copied().flatten();
            let text =
                json.and_then(|json| serde_json::from_str::<Option<Cow<str>>>(json.get()).ok().flatten());
            lacks_contents |= text.is_none() && used.get(index).copied().unwrap_or(false);
            let text = text.map(|text| write_text(&mut out, &text)).transpose()?;
            sources.push((strings.insert(name), text));
        }
    }
    Ok(Begun { out, map, section_scopes, strings, sources, lacks_contents })
}

fn regular(map: &DecodedMap) -> io::Result<&SourceMap> {
    match map {
        DecodedMap::Regular(map) => Ok(map),
        DecodedMap::Hermes(map) => Ok(map),
        DecodedMap::Index(_) => Err(io::Error::other("sections were not joined")),
    }
}

/// Writes the rest, and the header last: before, it is no look-up file.
pub fn finish<W: Write + Seek>(begun: Begun<W>, minified: &str) -> io::Result<W> {
    let Begun { mut out, map, section_scopes, mut strings, sources: rows, .. } = begun;
    let regular = regular(&map)?;
    let mut header = Header::default();
    let names: Vec<u32> = regular.names().map(|name| strings.insert(name)).collect();
    let scopes = match &map {
        DecodedMap::Regular(_) if section_scopes.is_none() => Scopes::of(minified, &map, &mut strings),
        _ => Scopes::default(),
    };
    let kept = kept_tokens(regular);
    let token =
        |index: &u32| regular.get_token(*index as usize).expect("a number that was counted").get_raw_token();
    header.positions_at = out.bytes;
    for index in &kept {
        write_position(&mut out, token(index))?;
    }
    header.fences_at = out.bytes;
    for index in kept.iter().step_by(FENCE) {
        write_position(&mut out, token(index))?;
    }
    header.places_at = out.bytes;
    for index in &kept {
        let raw = token(index);
        let sent_scope = match (&map, &section_scopes) {
            (DecodedMap::Hermes(hermes), _) => {
                regular.get_token(*index as usize).and_then(|token| hermes.get_scope_for_token(token))
            }
            (_, Some(scopes)) => scopes.get(*index as usize).and_then(Option::as_deref),
            _ => None,
        };
        let scope = match sent_scope {
            Some(name) => strings.insert(name),
            None => scopes.at(raw.dst_line, raw.dst_col),
        };
        let source = if (raw.src_id as usize) < rows.len() { raw.src_id } else { NONE };
        let name = names.get(raw.name_id as usize).copied().unwrap_or(NONE);
        for number in [source, raw.src_line, raw.src_col, name, scope] {
            out.write_all(&number.to_le_bytes())?;
        }
    }
    header.positions = count(kept.len())?;

    header.sources_at = out.bytes;
    header.sources = count(rows.len())?;
    for (name, text) in rows {
        let text = text.unwrap_or_default();
        out.write_all(&name.to_le_bytes())?;
        out.write_all(&text.lines.to_le_bytes())?;
        for number in [text.at, text.bytes, text.lines_at] {
            out.write_all(&number.to_le_bytes())?;
        }
    }
    header.strings_at = out.bytes;
    header.strings = count(strings.all().len())?;
    let mut end = 0_u64;
    for text in strings.all() {
        end += text.len() as u64;
        out.write_all(&end.to_le_bytes())?;
    }
    for text in strings.all() {
        out.write_all(text.as_bytes())?;
    }
    header.end = out.bytes;
    let mut out = out.out;
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&header.encode())?;
    out.flush()?;
    Ok(out)
}

/// Sources that a position leads to: a text that no frame can need is not missed.
fn used_sources(map: &SourceMap) -> Vec<bool> {
    let mut used = vec![false; map.get_source_count() as usize];
    for token in map.tokens() {
        if let Some(used) = used.get_mut(token.get_src_id() as usize) {
            *used = true;
        }
    }
    used
}

/// Numbers of the tokens that a look-up can find: of several at one position the first that leads somewhere.
fn kept_tokens(map: &SourceMap) -> Vec<u32> {
    let mut kept: Vec<u32> = Vec::with_capacity(map.get_token_count() as usize);
    let mut last: Option<RawToken> = None;
    for (index, token) in (0..).zip(map.tokens()) {
        let raw = token.get_raw_token();
        match last {
            Some(before) if (before.dst_line, before.dst_col) == (raw.dst_line, raw.dst_col) => {
                if before.src_id != NONE || raw.src_id == NONE {
                    continue;
                }
                *kept.last_mut().expect("there is one before") = index;
            }
            _ => kept.push(index),
        }
        last = Some(raw);
    }
    kept
}

/// Where a text went.
#[derive(Default)]
struct Text {
    at: u64,
    bytes: u64,
    lines_at: u64,
    lines: u32,
}

fn write_text(out: &mut Counting<impl Write>, text: &str) -> io::Result<Text> {
    count(text.len())?;
    let at = out.bytes;
    out.write_all(text.as_bytes())?;
    let lines_at = out.bytes;
    out.write_all(&0_u32.to_le_bytes())?;
    let mut lines = 1;
    for newline in memchr::memchr_iter(b'\n', text.as_bytes()) {
        out.write_all(&count(newline + 1)?.to_le_bytes())?;
        lines += 1;
    }
    Ok(Text { at, bytes: text.len() as u64, lines_at, lines })
}

fn write_position(out: &mut impl Write, token: RawToken) -> io::Result<()> {
    out.write_all(&token.dst_line.to_le_bytes())?;
    out.write_all(&token.dst_col.to_le_bytes())
}

fn count(number: usize) -> io::Result<u32> {
    u32::try_from(number).map_err(|_| io::Error::other("it is too large"))
}

struct Counting<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
