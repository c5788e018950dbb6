//! The action graph: what must be redone, and only that; the artefact cache.
