//! What SDKs call: authentication, limits, decompression, envelope framing, one file an endpoint.
