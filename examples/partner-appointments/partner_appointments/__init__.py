"""An appointment partner of Patients Know Best: sends appointments, and reads them and the read receipts back."""
