//! What was accepted and is not digested yet: group-committed, fsynced before anyone hears 200.
