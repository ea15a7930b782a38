"""make timeline: runs canvases of vege4.py on a real worker, and draws which process ran what."""
