//! Updates for one viewer that fell behind: the tiles it lacks, as they are
//! now, each update a reset point of its own.

use super::lead::EncodeError;
use crate::chunk::{ChunkWriter, MAX_CHUNK, MAX_PART};
use crate::message::UpdateWriter;
use crate::paint::Sampler;
use crate::picture::Picture;
use crate::stream::Packer;
use crate::tiles::{Grid, TileSet};
use crate::time::Micros;

/// How many bytes before compression such an update may have. What follows it
/// should not wait long and be newer; but whoever is fast must get all that
/// changes in one, or it would never catch up with steady scrolling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portion(usize);

impl Portion {
    const FIRST: usize = 256 * 1024;
    const LEAST: usize = 64 * 1024;
    const MOST: usize = MAX_CHUNK - MAX_PART - 1024;
    /// Painted sooner than this, the next may be twice as large.
    const SOON: Micros = Micros::from_millis(30);
    /// Painted later than this, the next is half as large.
    const LATE: Micros = Micros::from_millis(120);

    pub(crate) const fn new() -> Self {
        Self(Self::FIRST)
    }

    /// The last one took so long from sending to painted.
    pub(crate) fn painted_after(&mut self, trip: Micros) {
        if trip < Self::SOON {
            self.0 = (self.0 * 2).min(Self::MOST);
        } else if trip > Self::LATE {
            self.0 = (self.0 / 2).max(Self::LEAST);
        }
    }
}

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
        portion: Portion,
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
            if self.writer.len() > portion.0 {
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
