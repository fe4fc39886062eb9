//! One event's pipeline: parse → scrub → normalize → symbolicate → in-app → group → record.
//!
//! `worker` claims a batch from the inbox and acknowledges it after the store's commit; `prepare` is the pure
//! part between, run on all cores. Nothing in it can fail an event: a bad field is dropped and noted. Secrets are
//! taken out of the JSON before anything is read from it, so that neither the normalized event nor the kept
//! original can hold them. `stored` goes the way back: from what is kept to the event.

pub mod grouping;
pub mod headline;
pub mod normalize;
pub mod policy;
pub mod prepare;
pub mod scrub;
pub mod security;
pub mod sessions;
pub mod spans;
pub mod stored;
pub mod symbolicate;
pub mod worker;
