//! How a request is marked on its way through the inbox: an item of type `integration`, whose content type says what it is.

use crate::wire::envelope::ItemHeaders;
use crate::wire::otlp::{Encoding, Signal};

const KINDS: [(Signal, Encoding, &str); 4] = [
    (Signal::Traces, Encoding::Protobuf, "application/vnd.lighttrace.otlp.traces+protobuf"),
    (Signal::Traces, Encoding::Json, "application/vnd.lighttrace.otlp.traces+json"),
    (Signal::Logs, Encoding::Protobuf, "application/vnd.lighttrace.otlp.logs+protobuf"),
    (Signal::Logs, Encoding::Json, "application/vnd.lighttrace.otlp.logs+json"),
];

pub fn content_type(signal: Signal, encoding: Encoding) -> &'static str {
    let found = KINDS.iter().find(|kind| (kind.0, kind.1) == (signal, encoding));
    found.expect("each signal in each encoding").2
}

pub fn read(headers: &ItemHeaders) -> Option<(Signal, Encoding)> {
    let content_type = headers.content_type.as_deref()?;
    let (signal, encoding, _) = KINDS.iter().find(|kind| kind.2 == content_type)?;
    Some((*signal, *encoding))
}

#[cfg(test)]
mod tests {
    use super::{KINDS, content_type, read};
    use crate::wire::envelope::{ItemHeaders, ItemType};

    #[test]
    fn there_and_back() {
        for (signal, encoding, _) in KINDS {
            let mut headers = ItemHeaders::new(ItemType::Integration);
            assert_eq!(read(&headers), None);
            headers.content_type = Some(content_type(signal, encoding).to_owned());
            assert_eq!(read(&headers), Some((signal, encoding)));
        }
    }
}
