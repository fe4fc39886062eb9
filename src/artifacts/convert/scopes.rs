//! Which function each stretch of a minified file belongs to, called as the map calls it.
//!
//! The minified file is parsed for its functions; a function's name is what the map says stands where the minified
//! name stands. As in Sentry's own symbolication (`symbolic-sourcemapcache`), whose order of guesses this follows.

use std::ops::Range;

use js_source_scopes::{
    NameResolver, ScopeIndex, ScopeLookupResult, SourceContext, SourcePosition, extract_scope_names,
};
use sourcemap::DecodedMap;

use crate::artifacts::convert::strings::Strings;
use crate::artifacts::layout::{ANONYMOUS, NONE};

/// Where each stretch begins, ascending, and the scope that holds it: a string, [`ANONYMOUS`] or [`NONE`].
#[derive(Default)]
pub struct Scopes(Vec<(SourcePosition, u32)>);

impl Scopes {
    /// Empty where the file can not be parsed: positions are found without it, functions keep their minified names.
    pub fn of(minified: &str, map: &DecodedMap, strings: &mut Strings) -> Self {
        let Ok(found) = extract_scope_names(minified) else { return Self::default() };
        let Ok(context) = SourceContext::new(minified) else { return Self::default() };
        let resolver = NameResolver::new(&context, map);
        let named = found.into_iter().map(|(range, name)| {
            let minified_name = name.as_ref().map(ToString::to_string);
            let original = name.map(|name| resolver.resolve_name(&name)).filter(|name| !name.is_empty());
            // Flutter's compiler leaves the name at the end of a function and nowhere else.
            let closing = (minified_name == original).then(|| closing_name(&context, map, &range)).flatten();
            (range, closing.or(original))
        });
        let Ok(index) = ScopeIndex::new(named.collect()) else { return Self::default() };
        let stretches = index.iter().filter_map(|(offset, scope)| {
            let scope = match scope {
                ScopeLookupResult::NamedScope(name) => strings.insert(name),
                ScopeLookupResult::AnonymousScope => ANONYMOUS,
                ScopeLookupResult::Unknown => NONE,
            };
            Some((context.offset_to_position(offset)?, scope))
        });
        Self(stretches.collect())
    }

    pub fn at(&self, line: u32, column: u32) -> u32 {
        let position = SourcePosition::new(line, column);
        let index = self.0.partition_point(|(start, _)| *start <= position);
        index.checked_sub(1).map_or(NONE, |index| self.0[index].1)
    }
}

/// The name of the mapping exactly at a function's end, where it is not the one behind it too.
fn closing_name(context: &SourceContext<&str>, map: &DecodedMap, range: &Range<u32>) -> Option<String> {
    let end = context.offset_to_position(range.end.checked_sub(1)?)?;
    let token = map.lookup_token(end.line, end.column)?;
    if token.get_dst() != (end.line, end.column) {
        return None;
    }
    let behind = context.offset_to_position(range.end);
    let behind = behind.and_then(|behind| map.lookup_token(behind.line, behind.column));
    if behind.is_some_and(|behind| behind.get_dst() == token.get_dst()) {
        return None;
    }
    token.get_name().map(str::to_owned)
}
