"""AI system impact assessments (ISO/IEC 42005; 6.1.4, 8.4, A.5)."""
