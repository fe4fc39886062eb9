//! A trace judged: what belongs below what, whose clock differs, where the time went, and what an error in it comes down to. Spans
//! are written by whoever likes: parents may be missing, cyclic or later than their children.

pub mod vitals;
