"""The documents of selected records."""

from collections.abc import Iterator

import numpy as np

from ..readers.document_format import DocumentFormat
from ..readers.documents import BadRows, Document
from ..readers.read import read_documents
from .index_task import Task


def read_selected(task: Task, records: np.ndarray, form: DocumentFormat) -> Iterator[Document]:
    """The documents of selected records.

    Args:
        task (`Task`): the files.
        records (`np.ndarray`): the records, `RECORD`, in the order of the index.
        form (`DocumentFormat`): how documents are stored.

    Raises:
        `InputError`: for a document that cannot be read any more.
    """
    bad_rows = BadRows("fail")
    edges = np.searchsorted(records["file"], np.arange(len(task.files) + 1))
    for number, file in enumerate(task.files):
        rows = records["row"][edges[number] : edges[number + 1]]
        if len(rows):
            yield from read_documents(file, form, bad_rows, set(rows.tolist()))
