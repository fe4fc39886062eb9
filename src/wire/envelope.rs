//! The envelope: how SDKs frame what they send.
