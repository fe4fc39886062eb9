//! Any bytes are an envelope or an error; what was read writes back to the same.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lighttrace::wire::envelope::Envelope;

fuzz_target!(|data: &[u8]| {
    if let Ok(envelope) = Envelope::parse(&Bytes::copy_from_slice(data)) {
        let again = Envelope::parse(&envelope.to_bytes()).expect("what we write, we read");
        assert_eq!(again.items.len(), envelope.items.len());
        for (one, other) in again.items.iter().zip(&envelope.items) {
            assert_eq!(one.payload, other.payload);
        }
    }
});
