//! Updates for one viewer that fell behind: the tiles it lacks, as they are
//! now, each update a reset point of its own.

use super::lead::EncodeError;
use crate::chunk::ChunkWriter;
use crate::message::UpdateWriter;
use crate::paint::Sampler;
use crate::picture::Picture;
use crate::stream::Packer;
use crate::tiles::{Grid, TileSet};

/// Most bytes before compression of one such update: what follows it should
/// not wait long, and be newer.
const SOLO_CHUNK: usize = 256 * 1024;

/// One compressor for all viewers behind: none keeps history.
#[derive(Debug)]
pub(crate) struct Solo {
    packer: Packer,
    sampler: Sampler,
    writer: ChunkWriter,
}

impl Solo {
    pub(crate) fn new(level: i32) -> Result<Self, EncodeError> {
        Ok(Self {
            packer: Packer::new(level)?,
            sampler: Sampler::new(),
            writer: ChunkWriter::default(),
        })
    }

    /// Takes tiles off `lacks`, as many as fit, beginning at `next`, and makes
    /// an update of them. `next` moves on, so that what changes all the time
    /// at the top does not keep the rest away. `current`: the shadow is what
    /// the source shows. Gives back whether the viewer is exact with it.
    pub(crate) fn encode(
        &mut self,
        shadow: &Picture,
        grid: &Grid,
        lacks: &mut TileSet,
        next: &mut usize,
        current: bool,
    ) -> Result<(Vec<u8>, bool), EncodeError> {
        self.writer.clear();
        let mut done = Vec::new();
        // Parts come in ascending order, so an update does not wrap around.
        if lacks.iter().all(|i| i < *next) {
            *next = 0;
        }
        let start = *next;
        for i in lacks.iter().filter(|i| *i >= start) {
            *next = i;
            if self.writer.len() > SOLO_CHUNK {
                break;
            }
            let rect = grid.rect(i);
            let look = self.sampler.look(&shadow.view(), rect);
            self.writer.add(i, rect, look, &self.sampler);
            done.push(i);
            *next = i + 1;
        }
        for i in done {
            lacks.remove(i);
        }
        self.packer.reset()?;
        let mut packed = Vec::new();
        self.packer.pack(&self.writer.finish(grid), &mut packed)?;
        let mut out = UpdateWriter::new(Some(shadow.size()));
        out.chunk(&packed);
        out.more(!lacks.is_empty());
        let exact = current && lacks.is_empty();
        out.exact(exact);
        Ok((out.finish(), exact))
    }
}
