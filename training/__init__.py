"""A plain library: folders of labelled images in, an artefact with its model card out. No Django."""
