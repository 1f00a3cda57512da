"""The tables that tools/ makes from the DICOM standard."""
