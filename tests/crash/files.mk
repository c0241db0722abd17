crash_TESTS += crash-spool crash-spool-faults crash-spool-power crash-spool-migrate crash-spool-flips
crash-spool_LIBS := spool base
crash-spool-faults_LIBS := spool base
crash-spool-power_LIBS := spool base
crash-spool-migrate_LIBS := spool base
crash-spool-flips_LIBS := spool base
crash_TESTS += crash-retention
crash-retention_LIBS := keep reconcile delivery page guard refusal config spool engine base
