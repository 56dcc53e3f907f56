"""What every room stands on, and none of it about health records: time, ids, data files, small helpers."""
