//! May this pass: access rights
