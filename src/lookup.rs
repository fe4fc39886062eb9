//! Answers a person's query over store and search together.
