//! Tests of the whole portal.
