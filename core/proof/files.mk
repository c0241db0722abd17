proof_SRC := core/proof/keys.c core/proof/sm2.c core/proof/signer.c core/proof/statement.c core/proof/verify.c core/proof/paper.c core/proof/destroyed.c
